//! Counts a failure exactly once: opens an incident, or counts it for the open one. The notice is written in the same
//! transaction.

use incident_model::explanation::explains;
use incident_model::notice::{Beginning, FLAPPING_SECONDS, beginning, superseding};
use incident_model::silence::{Silence, covering};
use incident_model::time::milliseconds_of;
use incident_model::{Classification, Incident, Observation, Reason, Status, TimelineEntry};
use serde_json::Value;

use crate::backoff::Backoff;
use crate::clock::Now;
use crate::outbox::LEASE_SECONDS;
use crate::store::{Lookup, Occurrence, Opening, Outbox, Snapshot, Store, StoreError};

/// A failure that is in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The incident that counts it, in its new state.
    pub incident: Incident,
    /// The effect of recording.
    pub how: How,
    /// Whether this invocation must send the due notice.
    pub sends: bool,
}

/// The effect of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Opened the incident.
    Opened,
    /// Counted the failure for an open incident, and raised its severity.
    Escalated,
    /// Counted the failure for an open incident.
    Counted,
    /// Nothing: this event was counted before.
    Duplicate,
}

/// Records a failure. `incident` is the one to open if none is open.
///
/// # Errors
/// When the table is unusable or stays throttled, or other invocations keep changing the same items.
pub(crate) async fn record(
    store: &impl Store,
    failure: &Classification,
    incident: &Incident,
    now: &Now,
    mut backoff: Backoff,
) -> Result<Recorded, StoreError> {
    loop {
        match decide(store, failure, incident, now).await {
            Ok(recorded) => return Ok(recorded),
            Err(error) => backoff.wait_after(error).await?,
        }
    }
}

async fn decide(
    store: &impl Store,
    failure: &Classification,
    incident: &Incident,
    now: &Now,
) -> Result<Recorded, StoreError> {
    let seen = &failure.observation;
    let lookup = Lookup {
        event_id: &seen.event_id,
        fingerprint: &incident.fingerprint,
        source: &incident.source,
        trouble: incident.trouble(),
        function: (incident.source == "lambda").then_some(incident.resource.as_str()),
    };
    let snapshot = store.look(&lookup).await?;
    match (&snapshot.counted_for, &snapshot.newest) {
        (Some(incident_id), _) => already_counted(store, incident_id, incident).await,
        (None, Some(open)) if open.status != Status::Resolved => {
            counted(store, failure, incident, open, &snapshot.silences, now).await
        }
        _ => opened(store, failure, incident, &snapshot, now).await,
    }
}

async fn opened(
    store: &impl Store,
    failure: &Classification,
    incident: &Incident,
    snapshot: &Snapshot,
    now: &Now,
) -> Result<Recorded, StoreError> {
    let seen = &failure.observation;
    let (incident, withdraws) = begun(incident.clone(), snapshot, now);
    let incident = match is_over(&seen.occurred_at, snapshot) {
        true => {
            Incident { due: Some(Reason::Recovered), ..resolved(incident, "recovered, which was reported first", now) }
        }
        false => incident,
    };
    let event_id = seen.event_id.as_str();
    let alarm_on = alarm_on_errors_of(seen);
    store.open(&Opening { event_id, incident: &incident, snapshot, alarm_on, withdraws, now: now.seconds }).await?;
    let sends = is_leased(&incident, now);
    Ok(Recorded { incident, how: How::Opened, sends })
}

/// Whether the new notice is to be sent at once.
pub(crate) fn is_leased(incident: &Incident, now: &Now) -> bool {
    incident.silenced_by.is_none() && incident.due_at == Some(now.seconds + LEASE_SECONDS)
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
        beside_incident_id: snapshot.newest_of_trouble.clone(),
        recent_changes,
        flapping: beginning != Beginning::Fresh,
        ..incident
    };
    let outbox = held_by(&snapshot.silences, &incident, Outbox::next(&incident, due, due_at), now);
    let incident = outbox.put_into(incident);
    let alarm = snapshot.alarm_of_function.as_ref().filter(|alarm| explains(&incident, alarm, now.seconds));
    let explains_incident_id = alarm.map(|alarm| alarm.incident_id.clone());
    (Incident { explains_incident_id, ..incident }, beginning == Beginning::StillFlaps)
}

/// The function whose errors raised an alarm, if the event is about one.
pub(crate) fn alarm_on_errors_of(seen: &Observation) -> Option<&str> {
    let is_on_errors = seen.attributes.get("lambda_errors") == Some(&Value::Bool(true));
    seen.attributes.get("function").and_then(Value::as_str).filter(|function| is_on_errors && !function.is_empty())
}

/// Whether the end of the failure was reported before the failure.
fn is_over(occurred_at: &str, snapshot: &Snapshot) -> bool {
    milliseconds_of(occurred_at).zip(snapshot.recovered_at).is_some_and(|(occurred, recovered)| occurred < recovered)
}

/// An incident resolved by an event.
pub(crate) fn resolved(mut incident: Incident, what: &str, now: &Now) -> Incident {
    incident.note(TimelineEntry::new(&now.text, what));
    Incident { status: Status::Resolved, recovered: true, ..incident }
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

async fn counted(
    store: &impl Store,
    failure: &Classification,
    latest: &Incident,
    open: &Incident,
    silences: &[Silence],
    now: &Now,
) -> Result<Recorded, StoreError> {
    let judgement = failure.judgement.as_ref();
    let severity = judgement.map_or(latest.severity, |judgement| judgement.severity_at(open.occurrences + 1));
    let incident = open.clone().counting(&Incident { severity, ..latest.clone() });
    let is_worse = incident.severity > open.severity;
    let outbox = if is_worse { escalated(&incident, silences, now) } else { Outbox::of(&incident) };
    let occurrence = Occurrence {
        event_id: &failure.observation.event_id,
        read: open,
        incident: &incident,
        escalation: is_worse.then_some(&outbox),
        worse_at: judgement.and_then(|judgement| judgement.worse_at(incident.severity)),
        now: now.seconds,
    };
    store.count(&occurrence).await?;
    let how = if is_worse { How::Escalated } else { How::Counted };
    let incident = outbox.put_into(incident);
    let sends = incident.notices > open.notices && is_leased(&incident, now);
    Ok(Recorded { incident, how, sends })
}

/// The notice of an escalation. A pending first notice covers it already.
fn escalated(incident: &Incident, silences: &[Silence], now: &Now) -> Outbox {
    let waiting = Outbox::of(incident);
    if waiting.due.is_some_and(|due| superseding(Some(due), Reason::Escalated) == due) {
        return waiting;
    }
    let outbox = Outbox::next(incident, Reason::Escalated, now.seconds + LEASE_SECONDS);
    held_by(silences, incident, outbox, now)
}

/// The event is a duplicate even if its incident was deleted, or is of an unreadable version.
async fn already_counted(store: &impl Store, incident_id: &str, incident: &Incident) -> Result<Recorded, StoreError> {
    let lost = || Incident { incident_id: incident_id.to_owned(), ..incident.clone() };
    let incident = store.incident(incident_id).await?.unwrap_or_else(lost);
    Ok(Recorded { incident, how: How::Duplicate, sends: false })
}
