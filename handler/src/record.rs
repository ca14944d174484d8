//! Counts failures of one fingerprint exactly once each: opens an incident with them, or counts them for the open one,
//! in one transaction for all. The notice is written, and its mail taken from the budget, in the same transaction.

mod opening;

use std::collections::BTreeSet;

use incident_model::analysis::FunctionHistory;
use incident_model::notice::superseding;
use incident_model::silence::{Silence, covering};
use incident_model::{Classification, Incident, Reason, Severity, Status, function_metrics};

use crate::clock::Now;
use crate::function_name::function_of;
use crate::mail_budget::{self, DEFERRED_SECONDS};
use crate::settings::Settings;
use crate::store::backoff::Backoff;
use crate::store::{
    BudgetState, Charge, Lookup, MOST_EVENTS, Occurrence, Outbox, Snapshot, Store, StoreError, Trouble,
};

pub(crate) use opening::{alarm_on_errors_of, children_of, resolved};

/// Lease of a sender, in seconds: longer than a publish with its retries takes.
pub(crate) const LEASE_SECONDS: i64 = 30;

/// Failures that are in the table.
#[derive(Debug, Clone)]
pub(crate) struct Recorded<'a> {
    /// The incident that counts them, in its new state.
    pub incident: Incident,
    /// The latest of them, whose words the incident has.
    pub latest: Option<&'a Classification>,
    /// What the sweep knows of the failing function, if it was read.
    pub history: Option<FunctionHistory>,
    /// When the first of them occurred.
    pub occurred_at: String,
    /// The effect of recording.
    pub how: How,
    /// How many they are.
    pub failures: u64,
    /// Whether this invocation must send the due notice.
    pub sends: Sends,
}

/// The effect of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Opened the incident.
    Opened,
    /// Counted the failures for an open incident, and raised its severity.
    Escalated,
    /// Counted the failures for an open incident.
    Counted,
    /// Nothing: these events were counted before.
    Duplicate,
}

/// Whether an invocation must send the due notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// It need not.
    No,
    /// It must, and the mail is taken from the budget.
    Paid,
    /// It must take the mail from a budget first.
    Unpaid,
}

/// What recording depends on besides the failures.
pub(crate) struct Recorder<'a, S> {
    /// The table.
    pub store: &'a S,
    /// The alert policy, and whose account and region this is.
    pub settings: &'a Settings,
}

/// The part of the failures that one transaction records, and the others.
struct Step<'a> {
    recorded: Vec<Recorded<'a>>,
    rest: Vec<&'a Classification>,
}

impl<S: Store> Recorder<'_, S> {
    /// Records failures of one fingerprint and one place, oldest first. `looked` is what [`look`](Self::look) returned
    /// for them, if it was called already.
    ///
    /// # Errors
    /// When the table is unusable or stays throttled, or other invocations keep changing the same items. What was
    /// recorded until then is recognised when the failures are delivered again.
    pub(crate) async fn record<'a>(
        &self,
        failures: &[&'a Classification],
        mut looked: Option<Snapshot>,
        now: &Now,
        mut backoff: Backoff,
    ) -> Result<Vec<Recorded<'a>>, StoreError> {
        let mut recorded = Vec::new();
        let mut rest = distinct(failures);
        while !rest.is_empty() {
            match self.step(&rest, looked.take(), now).await {
                Ok(step) => {
                    recorded.extend(step.recorded);
                    rest = step.rest;
                }
                Err(error) => backoff.wait_after(error).await?,
            }
        }
        Ok(recorded)
    }

    async fn step<'a>(
        &self,
        failures: &[&'a Classification],
        looked: Option<Snapshot>,
        now: &Now,
    ) -> Result<Step<'a>, StoreError> {
        let (these, others) = failures.split_at(failures.len().min(MOST_EVENTS));
        let Some(first) = these.first().and_then(|first| sketch(first, now)) else {
            return Ok(Step { recorded: Vec::new(), rest: others.to_vec() });
        };
        let snapshot = match looked {
            Some(snapshot) => snapshot,
            None => self.look(these, &first).await?,
        };
        let (known, fresh): (Vec<&'a Classification>, Vec<&'a Classification>) =
            these.iter().partition(|failure| snapshot.counted_for.contains_key(&failure.observation.event_id));
        let mut recorded = self.already_counted(&known, &snapshot, &first).await?;
        let mut rest = others.to_vec();
        if !fresh.is_empty() {
            let open = snapshot.newest.as_ref().filter(|newest| newest.status != Status::Resolved);
            let step = match open {
                Some(open) => self.counted(&fresh, open, &snapshot, now).await?,
                None => self.opened(&fresh, &snapshot, now).await?,
            };
            recorded.extend(step.recorded);
            rest = [step.rest, rest].concat();
        }
        Ok(Step { recorded, rest })
    }

    /// Reads what the decision needs; `first` is the incident that the failures would open.
    ///
    /// # Errors
    /// When the table is unusable or throttled.
    pub(crate) async fn look(&self, failures: &[&Classification], first: &Incident) -> Result<Snapshot, StoreError> {
        let failures = distinct(failures);
        let event_ids = event_ids(&failures[..failures.len().min(MOST_EVENTS)]);
        let subject = opening::subject_of(first);
        let lookup = Lookup {
            event_ids: &event_ids,
            fingerprint: &first.fingerprint,
            former_fingerprint: first.former_fingerprint.as_deref(),
            trouble: Trouble::of(first),
            subject: subject.as_deref(),
            function: function_of(first).filter(|_| self.settings.is_here(&first.account, &first.region)),
            budgets: &mail_budget::of(&self.settings.alerts),
        };
        self.store.look(&lookup).await
    }

    async fn counted<'a>(
        &self,
        failures: &[&'a Classification],
        open: &Incident,
        snapshot: &Snapshot,
        now: &Now,
    ) -> Result<Step<'a>, StoreError> {
        let incident = counting(open.clone(), failures, now);
        let is_worse = incident.severity > open.severity;
        let incident = match is_worse {
            true => escalated(&incident, &snapshot.silences, now).put_into(incident),
            false => incident,
        };
        let is_due = incident.notices > open.notices && is_leased(&incident, now);
        let (incident, charge, sends) = paid(incident, is_due, &snapshot.budgets, now);
        let outbox = Outbox::of(&incident);
        let judgements = failures.iter().filter_map(|failure| failure.judgement.as_ref());
        let occurrence = Occurrence {
            event_ids: &event_ids(failures),
            failures: failures_of(failures),
            read: open,
            incident: &incident,
            escalation: is_worse.then_some(&outbox),
            // A threshold that these failures pass at once is judged already.
            worse_at: judgements
                .filter_map(|judgement| judgement.worse_at(incident.severity))
                .filter(|at| *at > incident.occurrences)
                .min(),
            charge: charge.as_ref(),
            now: now.seconds,
        };
        self.store.count(&occurrence).await?;
        let how = if is_worse { How::Escalated } else { How::Counted };
        let recorded = Recorded { history: snapshot.function.clone(), ..recorded(incident, failures, how, sends) };
        Ok(Step { recorded: vec![recorded], rest: Vec::new() })
    }

    /// These events are duplicates even if their incident was deleted, or is of an unreadable version.
    async fn already_counted<'a>(
        &self,
        failures: &[&'a Classification],
        snapshot: &Snapshot,
        sketch: &Incident,
    ) -> Result<Vec<Recorded<'a>>, StoreError> {
        let ids: BTreeSet<&String> =
            failures.iter().filter_map(|failure| snapshot.counted_for.get(&failure.observation.event_id)).collect();
        let mut found = Vec::new();
        for id in ids {
            let read = snapshot.newest.as_ref().filter(|newest| newest.incident_id == *id).cloned();
            let read = match read {
                Some(read) => Some(read),
                None => self.store.incident(id).await?,
            };
            let incident = read.unwrap_or_else(|| Incident { incident_id: id.clone(), ..sketch.clone() });
            found.push(recorded(incident, failures, How::Duplicate, Sends::No));
        }
        Ok(found)
    }
}

/// The incident with these failures, one after the other: each is judged by the count that it makes.
fn counting(incident: Incident, failures: &[&Classification], now: &Now) -> Incident {
    failures.iter().fold(incident, |incident, failure| {
        let Some(latest) = failure.incident(String::new(), now.text.clone()) else { return incident };
        let judgement = failure.judgement.as_ref();
        let failures = failures_in(failure);
        let occurrences = incident.occurrences.saturating_add(failures);
        let severity = judgement.map_or(latest.severity, |judged| judged.severity_at(occurrences));
        incident.counting(&Incident { severity, ..latest }, failures)
    })
}

/// Takes the mail of a due notice from the budget. If there is none left, the notice waits for a digest. Drills have
/// budgets of their own, and wait for them.
pub(crate) fn paid(
    incident: Incident,
    is_due: bool,
    budgets: &[BudgetState],
    now: &Now,
) -> (Incident, Option<Charge>, Sends) {
    match (is_due, incident.drill.is_some()) {
        (false, _) => (incident, None, Sends::No),
        (true, true) => (incident, None, Sends::Unpaid),
        (true, false) => match mail_budget::charge(budgets, incident.severity, now.milliseconds) {
            Some(charge) => (incident, Some(charge), Sends::Paid),
            None => (Incident { due_at: Some(now.seconds + DEFERRED_SECONDS), ..incident }, None, Sends::No),
        },
    }
}

/// The incident that a failure opens, if none is open.
pub(crate) fn sketch(failure: &Classification, now: &Now) -> Option<Incident> {
    failure.incident(format!("inc-{}", uuid::Uuid::now_v7()), now.text.clone())
}

fn recorded<'a>(incident: Incident, failures: &[&'a Classification], how: How, sends: Sends) -> Recorded<'a> {
    let occurred_at = failures.first().map(|first| first.observation.occurred_at.clone()).unwrap_or_default();
    let latest = failures.last().copied();
    Recorded { incident, latest, history: None, occurred_at, how, failures: failures_of(failures), sends }
}

/// How many failures events report.
fn failures_of(failures: &[&Classification]) -> u64 {
    failures.iter().map(|failure| failures_in(failure)).sum()
}

/// How many failures an event reports: a metric counts those of a period.
fn failures_in(failure: &Classification) -> u64 {
    let seen = &failure.observation;
    let counted = seen.attributes.get("count").filter(|_| seen.source == function_metrics::SOURCE);
    counted.and_then(serde_json::Value::as_u64).unwrap_or(1).max(1)
}

fn event_ids<'a>(failures: &[&'a Classification]) -> Vec<&'a str> {
    failures.iter().map(|failure| failure.observation.event_id.as_str()).collect()
}

/// The failures without repeated events.
fn distinct<'a>(failures: &[&'a Classification]) -> Vec<&'a Classification> {
    let mut seen = BTreeSet::new();
    failures.iter().copied().filter(|failure| seen.insert(failure.observation.event_id.as_str())).collect()
}

/// Whether the new notice is to be sent at once.
pub(crate) fn is_leased(incident: &Incident, now: &Now) -> bool {
    incident.silenced_by.is_none() && incident.due_at == Some(now.seconds + LEASE_SECONDS)
}

/// The outbox, held back if a silence covers the incident.
pub(crate) fn held_by(silences: &[Silence], incident: &Incident, outbox: Outbox, now: &Now) -> Outbox {
    match covering(silences, incident, now.seconds) {
        Some(silence) => Outbox {
            due_at: silence.ends_at().max(outbox.due_at),
            silenced_by: Some(silence.silence_id.clone()),
            ..outbox
        },
        None => outbox,
    }
}

/// The notice of an escalation. A pending first notice covers it already; but what is CRITICAL now does not wait for others
/// of its cause.
fn escalated(incident: &Incident, silences: &[Silence], now: &Now) -> Outbox {
    let waiting = Outbox::of(incident);
    let reason = superseding(waiting.due, Reason::Escalated);
    let is_folded = incident.shares_cause_with.is_some() && waiting.silenced_by.is_none();
    if waiting.due == Some(reason) && !(is_folded && incident.severity >= Severity::Critical) {
        return waiting;
    }
    let outbox = Outbox::next(incident, reason, now.seconds + LEASE_SECONDS);
    held_by(silences, incident, outbox, now)
}
