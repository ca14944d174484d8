//! A table in memory, whose every step follows a script.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use incident_model::analysis::{Analysis, FunctionHistory};
use incident_model::{Incident, Reason, Silence, Status, TimelineEntry};

use super::script::{Fault, Script};
use crate::store::{
    Budget, BudgetState, Charge, Folded, Lookup, Occurrence, Opening, Outbox, Resolution, Sent, Snapshot, Store,
    StoreError, Trouble, TroublePointer,
};

#[derive(Default)]
struct OfResource {
    incident_id: Option<String>,
    recovered_at: Option<i64>,
}

/// The table.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) script: Rc<Script>,
    incidents: RefCell<BTreeMap<String, Incident>>,
    markers: RefCell<BTreeMap<String, String>>,
    fingerprints: RefCell<BTreeMap<String, String>>,
    resources: RefCell<BTreeMap<String, OfResource>>,
    alarms: RefCell<BTreeMap<String, String>>,
    budgets: RefCell<BTreeMap<&'static str, Vec<i64>>>,
    silences: RefCell<Vec<Silence>>,
    analyses: RefCell<BTreeMap<String, Analysis>>,
    functions: RefCell<BTreeMap<String, FunctionHistory>>,
    /// The incidents that a transaction counts on.
    held: RefCell<BTreeSet<String>>,
}

fn throttled() -> StoreError {
    StoreError::Throttled { code: "ThrottlingException".to_owned(), message: "fails on demand".to_owned() }
}

fn unusable() -> StoreError {
    StoreError::Unusable { code: "InternalServerError".to_owned(), message: "fails on demand".to_owned() }
}

impl Memory {
    pub(super) fn incidents(&self) -> Vec<Incident> {
        self.incidents.borrow().values().cloned().collect()
    }

    pub(super) fn occurrences(&self) -> Vec<u64> {
        self.incidents.borrow().values().map(|incident| incident.occurrences).collect()
    }

    pub(super) fn silence(&self, silence: Silence) {
        self.silences.borrow_mut().push(silence);
    }

    pub(super) fn silence_count(&self) -> usize {
        self.silences.borrow().len()
    }

    /// The analyses beside incidents, by incident id.
    pub(super) fn kept_analyses(&self) -> BTreeMap<String, Analysis> {
        self.analyses.borrow().clone()
    }

    /// What a sweep saw of a function.
    pub(super) fn has_seen(&self, function: &str, history: FunctionHistory) {
        self.functions.borrow_mut().insert(function.to_owned(), history);
    }

    /// Changes an incident, as the command line does.
    pub(super) fn change(&self, incident_id: &str, change: impl FnOnce(&mut Incident)) {
        self.change_if(incident_id, |_| true, change);
    }

    /// A user's action.
    pub(super) fn set_status(&self, incident_id: &str, status: Status) {
        if let Some(incident) = self.incidents.borrow_mut().get_mut(incident_id) {
            incident.status = status;
        }
    }

    async fn step<T>(&self, action: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.script.broken.get() {
            return Err(unusable());
        }
        let error = |fault| match fault {
            Fault::Conflict => StoreError::Conflict,
            Fault::Throttled => throttled(),
            Fault::Invalid => StoreError::Unusable { code: "ValidationException".to_owned(), message: String::new() },
            _ => unusable(),
        };
        self.script.step(error, action).await
    }

    /// A transaction on an incident, unless another one holds it.
    async fn transact(
        &self,
        incident_id: &str,
        action: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.script.round_trip.get().is_zero() {
            return self.step(action).await;
        }
        let is_ours = self.held.borrow_mut().insert(incident_id.to_owned());
        let done = self.step(|| if is_ours { action() } else { Err(StoreError::Conflict) }).await;
        if is_ours {
            self.held.borrow_mut().remove(incident_id);
        }
        done
    }

    /// Marks events and takes a mail, or does neither.
    fn mark(&self, event_ids: &[&str], incident_id: &str, charge: Option<&Charge>) -> Result<(), StoreError> {
        let mut markers = self.markers.borrow_mut();
        let mut budgets = self.budgets.borrow_mut();
        let is_as_read = charge.is_none_or(|charge| budgets.get(charge.name) == charge.read.as_ref());
        if event_ids.iter().any(|event_id| markers.contains_key(*event_id)) || !is_as_read {
            return Err(StoreError::Conflict);
        }
        markers.extend(event_ids.iter().map(|event_id| ((*event_id).to_owned(), incident_id.to_owned())));
        budgets.extend(charge.map(|charge| (charge.name, charge.then.clone())));
        Ok(())
    }

    fn budget_states(&self, budgets: &[Budget]) -> Vec<BudgetState> {
        let stored = self.budgets.borrow();
        let state = |budget: &Budget| BudgetState { budget: *budget, sent: stored.get(budget.name).cloned() };
        budgets.iter().map(state).collect()
    }

    /// Changes an incident if the condition holds; returns whether it does.
    fn change_if(
        &self,
        incident_id: &str,
        condition: impl FnOnce(&Incident) -> bool,
        change: impl FnOnce(&mut Incident),
    ) -> bool {
        let mut incidents = self.incidents.borrow_mut();
        match incidents.get_mut(incident_id).filter(|incident| condition(incident)) {
            Some(incident) => {
                change(incident);
                true
            }
            None => false,
        }
    }
}

fn untouched(read: &Incident) -> impl Fn(&Incident) -> bool {
    let expected = (read.notices, read.due_at);
    move |incident| (incident.notices, incident.due_at) == expected
}

fn set(incident: &mut Incident, outbox: &Outbox) {
    *incident = outbox.clone().put_into(incident.clone());
}

fn note(incident: &mut Incident, at: &str, what: &str) {
    incident.note(TimelineEntry::new(at, what));
}

/// What an analysis changed.
fn rejudge(incident: &mut Incident, analysed: &Incident) {
    let Incident { severity, rule, summary, recommendation, runbook, .. } = analysed.clone();
    *incident = Incident { severity, rule, summary, recommendation, runbook, ..incident.clone() };
}

fn key(trouble: &Trouble<'_>) -> String {
    let Trouble { place, source, name } = trouble;
    format!("{}#{}#{source}#{name}", place.account, place.region)
}

fn fingerprint_key(trouble: &Trouble<'_>, fingerprint: &str) -> String {
    format!("{}#{}#{fingerprint}", trouble.place.account, trouble.place.region)
}

impl Store for Memory {
    async fn look(&self, lookup: &Lookup<'_>) -> Result<Snapshot, StoreError> {
        self.step(|| {
            let newest = self.fingerprints.borrow().get(&fingerprint_key(&lookup.trouble, lookup.fingerprint)).cloned();
            let resources = self.resources.borrow();
            let of_resource = resources.get(&key(&lookup.trouble));
            let (leads_to, recovered_at) =
                of_resource.map(|of| (of.incident_id.clone(), of.recovered_at)).unwrap_or_default();
            let markers = self.markers.borrow();
            let counted = lookup.event_ids.iter();
            let counted = counted.filter_map(|id| Some(((*id).to_owned(), markers.get(*id)?.clone())));
            Ok(Snapshot {
                counted_for: counted.collect(),
                open_pointer: newest.clone(),
                newest: newest.and_then(|id| self.incidents.borrow().get(&id).cloned()),
                newest_of_trouble: leads_to.clone(),
                trouble_pointer: TroublePointer { leads_to, recovered_at },
                recovered_at,
                alarm_of_subject: lookup
                    .subject
                    .and_then(|function| self.alarms.borrow().get(function).cloned())
                    .and_then(|id| self.incidents.borrow().get(&id).cloned()),
                function: lookup.function.and_then(|name| self.functions.borrow().get(name).cloned()),
                silences: self.silences.borrow().clone(),
                budgets: self.budget_states(lookup.budgets),
            })
        })
        .await
    }

    async fn incident(&self, incident_id: &str) -> Result<Option<Incident>, StoreError> {
        self.step(|| Ok(self.incidents.borrow().get(incident_id).cloned())).await
    }

    async fn incidents(&self, incident_ids: &[String]) -> Result<Vec<Incident>, StoreError> {
        let of = |id: &String| self.incidents.borrow().get(id).cloned();
        self.step(|| Ok(incident_ids.iter().filter_map(of).collect())).await
    }

    async fn newest_of_trouble(&self, trouble: &Trouble<'_>) -> Result<Option<Incident>, StoreError> {
        self.step(|| {
            let id = self.resources.borrow().get(&key(trouble)).and_then(|of| of.incident_id.clone());
            Ok(id.and_then(|id| self.incidents.borrow().get(&id).cloned()))
        })
        .await
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        self.step(|| {
            let Opening { incident, snapshot, .. } = opening;
            let trouble = Trouble::of(incident);
            let resource = key(&trouble);
            let fingerprint = fingerprint_key(&trouble, &incident.fingerprint);
            let before = snapshot.open_pointer.clone();
            let (newest, recovered_at) = self
                .resources
                .borrow()
                .get(&resource)
                .map(|of| (of.incident_id.clone(), of.recovered_at))
                .unwrap_or_default();
            let is_as_read = self.fingerprints.borrow().get(&fingerprint) == before.as_ref()
                && newest == snapshot.trouble_pointer.leads_to
                && recovered_at == snapshot.trouble_pointer.recovered_at;
            if !is_as_read {
                return Err(StoreError::Conflict);
            }
            let id = incident.incident_id.clone();
            let is_open = |alarm: &Incident| alarm.status == Status::Open;
            if let Some(alarm) = &incident.explains_incident_id
                && !self.incidents.borrow().get(alarm).is_some_and(is_open)
            {
                return Err(StoreError::Conflict);
            }
            self.mark(opening.event_ids, &id, opening.charge)?;
            if let Some(alarm) = &incident.explains_incident_id {
                self.change_if(
                    alarm,
                    |_| true,
                    |alarm| (alarm.status, alarm.due, alarm.due_at) = (Status::Resolved, None, None),
                );
            }
            for subject in opening.alarm_on {
                self.alarms.borrow_mut().insert(subject.clone(), id.clone());
            }
            self.fingerprints.borrow_mut().insert(fingerprint, id.clone());
            self.resources.borrow_mut().insert(resource, OfResource { incident_id: Some(id.clone()), recovered_at });
            if let (true, Some(before)) = (opening.withdraws, before) {
                self.change_if(&before, |_| true, |incident| (incident.due, incident.due_at) = (None, None));
            }
            self.incidents.borrow_mut().insert(id, (*incident).clone());
            Ok(())
        })
        .await
    }

    async fn count(&self, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
        self.transact(&occurrence.read.incident_id, || {
            let id = &occurrence.read.incident_id;
            let escalation = occurrence.escalation;
            let untouched = untouched(occurrence.read);
            let may_change = |incident: &Incident| {
                incident.status != Status::Resolved
                    && occurrence.worse_at.is_none_or(|worse_at| incident.occurrences + occurrence.failures < worse_at)
                    && (escalation.is_none() || untouched(incident) && incident.severity == occurrence.read.severity)
            };
            if !self.incidents.borrow().get(id).is_some_and(may_change) {
                return Err(StoreError::Conflict);
            }
            self.mark(occurrence.event_ids, id, occurrence.charge)?;
            self.change_if(
                id,
                |_| true,
                |incident| {
                    let severity = incident.severity;
                    *incident = incident.clone().counting(occurrence.incident, occurrence.failures);
                    incident.severity = severity;
                    if let Some(outbox) = escalation {
                        incident.severity = occurrence.incident.severity;
                        set(incident, outbox);
                    }
                },
            );
            Ok(())
        })
        .await
    }

    async fn resolve(&self, resolution: &Resolution<'_>) -> Result<(), StoreError> {
        self.step(|| {
            let id = &resolution.read.incident_id;
            let untouched = untouched(resolution.read);
            let may_change = |incident: &Incident| {
                incident.status != Status::Resolved
                    && untouched(incident)
                    && incident.occurrences == resolution.read.occurrences
            };
            if !self.incidents.borrow().get(id).is_some_and(may_change) {
                return Err(StoreError::Conflict);
            }
            self.mark(&[], id, resolution.charge)?;
            self.change_if(
                id,
                |_| true,
                |incident| {
                    incident.status = Status::Resolved;
                    incident.recovered = true;
                    incident.resolved_at = Some(resolution.at.to_owned());
                    incident.recent_changes = resolution.recent_changes.to_vec();
                    set(incident, resolution.outbox);
                    note(incident, resolution.at, resolution.what);
                },
            );
            Ok(())
        })
        .await
    }

    async fn remember_recovery(&self, trouble: &Trouble<'_>, at: i64) -> Result<(), StoreError> {
        self.step(|| {
            let mut resources = self.resources.borrow_mut();
            let of = resources.entry(key(trouble)).or_default();
            of.recovered_at = of.recovered_at.max(Some(at));
            Ok(())
        })
        .await
    }

    async fn due(&self, now: i64, limit: usize) -> Result<Vec<Incident>, StoreError> {
        self.step(|| {
            let incidents = self.incidents.borrow();
            let mut due: Vec<Incident> =
                incidents.values().filter(|incident| incident.due_at.is_some_and(|at| at <= now)).cloned().collect();
            due.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), incident.due_at));
            due.truncate(limit);
            Ok(due)
        })
        .await
    }

    async fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> Result<bool, StoreError> {
        self.step(|| Ok(self.change_if(&read.incident_id, untouched(read), |incident| set(incident, outbox)))).await
    }

    async fn fold(&self, folded: &Folded<'_>) -> Result<bool, StoreError> {
        self.step(|| {
            let untouched = untouched(folded.read);
            let may_change = |incident: &Incident| untouched(incident) && incident.severity == folded.read.severity;
            Ok(self.change_if(&folded.read.incident_id, may_change, |incident| {
                incident.due_at = Some(folded.due_at);
                incident.shares_cause_with = Some(folded.shares_cause_with.to_owned());
                (incident.cause, incident.confidence) = (folded.analysed.cause, folded.analysed.confidence);
                if let Some(rejudged) = folded.rejudged {
                    rejudge(incident, folded.analysed);
                    note(incident, folded.at, &rejudged.what);
                }
            }))
        })
        .await
    }

    async fn put_analysis(&self, incident_id: &str, analysis: &Analysis) -> Result<(), StoreError> {
        self.step(|| {
            self.analyses.borrow_mut().insert(incident_id.to_owned(), analysis.clone());
            Ok(())
        })
        .await
    }

    async fn keep_analysis(&self, incident_id: &str, analysis: &Analysis) -> Result<bool, StoreError> {
        self.step(|| {
            let exists = self.change_if(
                incident_id,
                |_| true,
                |incident| {
                    (incident.cause, incident.confidence) = (Some(analysis.cause), Some(analysis.confidence));
                },
            );
            let kept = exists.then(|| (incident_id.to_owned(), analysis.clone()));
            self.analyses.borrow_mut().extend(kept);
            Ok(exists)
        })
        .await
    }

    async fn analyses(&self, incident_ids: &[String]) -> Result<BTreeMap<String, Analysis>, StoreError> {
        let of = |id: &String| Some((id.clone(), self.analyses.borrow().get(id)?.clone()));
        self.step(|| Ok(incident_ids.iter().filter_map(of).collect())).await
    }

    async fn mark_missing(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        self.step(|| {
            let is_unmarked = |incident: &Incident| incident.function_missing_at.is_none();
            self.change_if(&incident.incident_id, is_unmarked, |incident| {
                incident.function_missing_at = Some(at.to_owned());
                incident.note(TimelineEntry::new(at, what));
            });
            Ok(())
        })
        .await
    }

    async fn unmark_missing(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        self.step(|| {
            let is_marked = |incident: &Incident| incident.function_missing_at.is_some();
            self.change_if(&incident.incident_id, is_marked, |incident| {
                incident.function_missing_at = None;
                incident.note(TimelineEntry::new(at, what));
            });
            Ok(())
        })
        .await
    }

    async fn note(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        self.step(|| {
            let note = |incident: &mut Incident| incident.note(TimelineEntry::new(at, what));
            self.change_if(&incident.incident_id, |_| true, note);
            Ok(())
        })
        .await
    }

    async fn mark_sent(&self, sent: &Sent<'_>) -> Result<bool, StoreError> {
        self.step(|| {
            let number = sent.incident.notices;
            let mut is_worse = false;
            self.change_if(
                &sent.incident.incident_id,
                |_| true,
                |incident| {
                    incident.notified_at.get_or_insert(sent.at.to_owned());
                    incident.last_notified_at = Some(sent.at.to_owned());
                    note(incident, sent.at, sent.what);
                    if let Some(analysis) = &sent.incident.analysis {
                        (incident.cause, incident.confidence) = (Some(analysis.cause), Some(analysis.confidence));
                    }
                    let is_last = incident.notices == number;
                    is_worse =
                        is_last && incident.status != Status::Resolved && incident.severity > sent.incident.severity;
                    if is_worse {
                        set(incident, &Outbox::next(sent.incident, Reason::Escalated, sent.now));
                    } else if is_last {
                        if let Some(rejudged) = sent.rejudged {
                            rejudge(incident, sent.incident);
                            note(incident, sent.at, &rejudged.what);
                        }
                        (incident.due, incident.due_at, incident.silenced_by) = (None, sent.next_look, None);
                    }
                },
            );
            Ok(is_worse)
        })
        .await
    }

    async fn budgets(&self, budgets: &[Budget]) -> Result<Vec<BudgetState>, StoreError> {
        self.step(|| Ok(self.budget_states(budgets))).await
    }

    async fn take(&self, budget: &Budget, now: i64) -> Result<bool, StoreError> {
        self.step(|| {
            let charge = self.budget_states(&[*budget]).first().and_then(|state| state.charge(now));
            self.budgets.borrow_mut().extend(charge.iter().map(|charge| (charge.name, charge.then.clone())));
            Ok(charge.is_some())
        })
        .await
    }

    async fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        self.step(|| Ok(self.silences.borrow().clone())).await
    }

    async fn forget_silences(&self, silence_ids: &[&str]) -> Result<(), StoreError> {
        self.step(|| {
            self.silences.borrow_mut().retain(|silence| !silence_ids.contains(&silence.silence_id.as_str()));
            Ok(())
        })
        .await
    }
}
