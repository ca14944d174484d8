//! Counts a failure exactly once: opens an incident for it, or counts it for the one that is open.

use std::time::Duration;

use incident_model::{Classification, Incident, Status};

use crate::flow::Now;
use crate::store::{Occurrence, Opening, Store, StoreError, Stored};

/// How often a decision is taken anew when others change the same items. With the waits below this lasts about ten
/// seconds, in which hundreds of invocations on one fingerprint get their turn.
const ATTEMPTS: u32 = 40;
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// How long the opener of an incident alone may mail. Longer than a publish with its retries takes.
pub(crate) const LEASE_SECONDS: i64 = 30;

/// A failure that is in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The incident that it was counted for.
    pub incident: Incident,
    /// What recording did.
    pub how: How,
}

/// What recording did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Opened the incident.
    Opened,
    /// Counted the failure for an open incident.
    Counted,
    /// Nothing: this event was counted before.
    Duplicate,
}

/// Records a failure. `incident` is the incident that it opens if none is open.
///
/// # Errors
/// When the table cannot be used, or others kept changing the same items.
pub async fn record(
    store: &impl Store,
    failure: &Classification,
    incident: &Incident,
    now: &Now,
) -> Result<Recorded, StoreError> {
    let mut wait = SHORTEST_WAIT;
    for _ in 0..ATTEMPTS {
        match decide(store, failure, incident, now).await {
            Err(StoreError::Conflict) => tokio::time::sleep(jittered(wait)).await,
            decided => return decided,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    Err(StoreError::Conflict)
}

async fn decide(
    store: &impl Store,
    failure: &Classification,
    incident: &Incident,
    now: &Now,
) -> Result<Recorded, StoreError> {
    let event_id = failure.observation.event_id.as_str();
    let (counted, newest) = tokio::join!(store.counted(event_id), store.newest(&incident.fingerprint));
    if let Some(incident_id) = counted? {
        return already_counted(store, &incident_id).await;
    }
    match newest? {
        Some(Stored { incident: open, .. }) if open.status != Status::Resolved => {
            let occurrence = Occurrence {
                event_id,
                incident_id: &open.incident_id,
                observation: &failure.observation,
                at: &now.text,
                now: now.seconds,
            };
            store.count(&occurrence).await?;
            let counted = Incident {
                occurrences: open.occurrences + 1,
                last_seen_at: now.text.clone(),
                error_message: failure.observation.error_message.clone(),
                request_id: failure.observation.request_id.clone().or(open.request_id),
                ..open
            };
            Ok(Recorded { incident: counted, how: How::Counted })
        }
        resolved => {
            let replaced = resolved.as_ref().map(|stored| stored.incident.incident_id.as_str());
            let lease_until = now.seconds + LEASE_SECONDS;
            store.open(&Opening { event_id, incident, replaced, now: now.seconds, lease_until }).await?;
            Ok(Recorded { incident: incident.clone(), how: How::Opened })
        }
    }
}

async fn already_counted(store: &impl Store, incident_id: &str) -> Result<Recorded, StoreError> {
    match store.incident(incident_id).await? {
        Some(stored) => Ok(Recorded { incident: stored.incident, how: How::Duplicate }),
        None => Err(StoreError::Unusable {
            code: "IncidentMissing".to_owned(),
            message: format!("an event was counted for {incident_id}, which is not in the table"),
        }),
    }
}

/// Between half of a wait and all of it, so that those who met do not meet again.
fn jittered(wait: Duration) -> Duration {
    let random = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
    wait / 2 + wait / 2 * random / 256
}
