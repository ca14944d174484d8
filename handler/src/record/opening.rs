//! The first failures of an incident.

use incident_model::analysis::Earlier;
use incident_model::explanation::explains;
use incident_model::notice::{Beginning, FLAPPING_SECONDS, beginning};
use incident_model::time::{milliseconds_of, seconds_of};
use incident_model::{Classification, Incident, Observation, Reason, Status, TimelineEntry};
use serde_json::Value;

use super::{
    How, LEASE_SECONDS, Recorded, Recorder, Step, counting, event_ids, held_by, is_leased, paid, recorded, sketch,
};
use crate::clock::Now;
use crate::store::{Opening, Outbox, Snapshot, Store, StoreError};

/// Longest note of a resolution that the next incident has, in characters: each change of its head pays for it.
const LONGEST_NOTE: usize = 300;

impl<S: Store> Recorder<'_, S> {
    /// Opens an incident with failures. Those whose end was reported before come first, as one that is over; the others
    /// are left for the next step.
    pub(super) async fn opened<'a>(
        &self,
        failures: &[&'a Classification],
        snapshot: &Snapshot,
        now: &Now,
    ) -> Result<Step<'a>, StoreError> {
        let (over, lasting): (Vec<&'a Classification>, Vec<&'a Classification>) =
            failures.iter().partition(|failure| is_over(&failure.observation.occurred_at, snapshot));
        let (these, rest, is_over) = if over.is_empty() { (lasting, Vec::new(), false) } else { (over, lasting, true) };
        let Some((first, sketch)) = these.first().and_then(|first| Some((first, sketch(first, now)?))) else {
            return Ok(Step { recorded: Vec::new(), rest });
        };
        let incident = counting(Incident { occurrences: 0, ..sketch }, &these, now);
        let (incident, withdraws) = begun(incident, snapshot, now);
        let incident = match is_over {
            true => {
                let over = resolved(incident, "recovered, which was reported first", now);
                Incident { due: Some(Reason::Recovered), ..over }
            }
            false => incident,
        };
        let is_due = is_leased(&incident, now);
        let (incident, charge, sends) = paid(incident, is_due, &snapshot.budgets, now);
        let opening = Opening {
            event_ids: &event_ids(&these),
            incident: &incident,
            snapshot,
            alarm_on: &subjects_of_alarm(&first.observation),
            withdraws,
            charge: charge.as_ref(),
            now: now.seconds,
        };
        self.store.open(&opening).await?;
        let opened = recorded(incident, &these, How::Opened, sends);
        Ok(Step { recorded: vec![Recorded { history: snapshot.function.clone(), ..opened }], rest })
    }
}

/// A new incident with its history and first notice, and whether that notice withdraws the last one of the previous
/// incident: notices of a flapping resource are held back until its state is stable.
fn begun(incident: Incident, snapshot: &Snapshot, now: &Now) -> (Incident, bool) {
    let before = snapshot.newest.as_ref();
    let (recent_changes, beginning) = beginning(before, now.seconds);
    let (due, due_at) = match beginning {
        Beginning::Fresh => (Reason::Opened, now.seconds + LEASE_SECONDS),
        Beginning::BeginsToFlap => (Reason::Flapping, now.seconds + LEASE_SECONDS),
        Beginning::StillFlaps => (Reason::Opened, now.seconds + FLAPPING_SECONDS),
    };
    let incident = Incident {
        previous_incident_id: before.map(|before| before.incident_id.clone()),
        earlier: before.and_then(earlier),
        beside_incident_id: snapshot.newest_of_trouble.clone(),
        recent_changes,
        flapping: beginning != Beginning::Fresh,
        ..incident
    };
    let outbox = held_by(&snapshot.silences, &incident, Outbox::next(&incident, due, due_at), now);
    let incident = outbox.put_into(incident);
    let alarm = snapshot.alarm_of_subject.as_ref().filter(|alarm| explains(&incident, alarm, now.seconds));
    let explains_incident_id = alarm.map(|alarm| alarm.incident_id.clone());
    (Incident { explains_incident_id, ..incident }, beginning == Beginning::StillFlaps)
}

/// How the previous incident of the fingerprint ended, if it did.
fn earlier(before: &Incident) -> Option<Earlier> {
    let resolved_at = before.resolved_at.clone().filter(|_| before.status == Status::Resolved)?;
    let lasted = seconds_of(&resolved_at)?.saturating_sub(seconds_of(&before.created_at)?);
    Some(Earlier {
        times: before.earlier.as_ref().map_or(0, |earlier| earlier.times).saturating_add(1),
        incident_id: before.incident_id.clone(),
        resolved_at,
        lasted: lasted.max(0),
        note: before.resolution_note.as_deref().map(|note| note.chars().take(LONGEST_NOTE).collect()),
    })
}

/// The function whose errors raised an alarm, if the event is about one.
pub(crate) fn alarm_on_errors_of(seen: &Observation) -> Option<&str> {
    let is_on_errors = seen.attributes.get("lambda_errors") == Some(&Value::Bool(true));
    seen.attributes.get("function").and_then(Value::as_str).filter(|function| is_on_errors && !function.is_empty())
}

/// What an alarm is about, so that a later failure finds it: a function whose errors raised it, or the alarms that the rule
/// of a composite one names.
fn subjects_of_alarm(seen: &Observation) -> Vec<String> {
    let function = alarm_on_errors_of(seen).map(str::to_owned);
    function.into_iter().chain(children_of(seen).iter().map(|child| subject_of_alarm(child))).collect()
}

/// The alarms that turn this one on, if it is composite.
pub(crate) fn children_of(seen: &Observation) -> Vec<String> {
    let rule = seen.attributes.get("alarm_rule").and_then(Value::as_str).filter(|_| seen.source == "cloudwatch");
    rule.map(incident_model::alarm_rule::children).unwrap_or_default()
}

/// An alarm as the subject of a composite one. No function has a colon in its name.
fn subject_of_alarm(alarm: &str) -> String {
    format!("alarm:{alarm}")
}

/// What an alarm that went off before may be about, given the failure that follows.
pub(super) fn subject_of(failure: &Incident) -> Option<String> {
    match failure.source.as_str() {
        "lambda" => Some(failure.resource.clone()),
        "cloudwatch" => Some(subject_of_alarm(&failure.resource)),
        _ => None,
    }
}

/// Whether the end of the failure was reported before the failure.
fn is_over(occurred_at: &str, snapshot: &Snapshot) -> bool {
    milliseconds_of(occurred_at).zip(snapshot.recovered_at).is_some_and(|(occurred, recovered)| occurred < recovered)
}

/// An incident resolved by an event.
pub(crate) fn resolved(mut incident: Incident, what: &str, now: &Now) -> Incident {
    incident.note(TimelineEntry::new(&now.text, what));
    Incident { status: Status::Resolved, recovered: true, resolved_at: Some(now.text.clone()), ..incident }
}
