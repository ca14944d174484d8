//! What ends an incident: an event that says that its resource works again.

use incident_model::notice::{FLAPPING_SECONDS, recent};
use incident_model::time::milliseconds_of;
use incident_model::{Classification, Incident, Outcome, Reason, Silence, Status};
use serde_json::json;

use crate::clock::Now;
use crate::flow::{Flow, HandlerError};
use crate::log;
use crate::notify::Notifier;
use crate::outbox::LEASE_SECONDS;
use crate::record::{Turns, held_by};
use crate::store::{Outbox, Resolution, Store, StoreError};

/// How many incidents of a resource are looked at. More open ones at once have hardly one end.
const MOST_BESIDE: usize = 25;

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Resolves all that the resource has open, and tells.
    pub(crate) async fn recovery(&self, event: &Classification) -> Result<(), HandlerError> {
        let seen = &event.observation;
        if event.outcome == Outcome::Recovery
            && let Some(at) = milliseconds_of(&seen.occurred_at)
        {
            self.store.remember_recovery(&seen.source, &seen.resource, at).await?;
        }
        let mut found = self.store.newest_of_resource(&seen.source, &seen.resource).await?;
        let mut ended = 0;
        for _ in 0..MOST_BESIDE {
            let Some(incident) = found else { break };
            ended += usize::from(self.recover(&incident).await?);
            found = match &incident.beside_incident_id {
                Some(beside) => self.store.incident(beside).await?,
                None => None,
            };
        }
        if ended == 0 {
            self.ignored(event, event.reason().unwrap_or("nothing is open for the resource"));
        }
        Ok(())
    }

    /// Resolves an incident that is not resolved, and tells. Says whether it did.
    pub(crate) async fn recover(&self, incident: &Incident) -> Result<bool, HandlerError> {
        if incident.status == Status::Resolved {
            // The event's first delivery may have died before its mail.
            self.send_if_due(incident).await?;
            return Ok(false);
        }
        let silences = self.store.silences().await?;
        let incident_id = &incident.incident_id;
        let recovered = self.resolved_by_event(incident_id, &silences).await?;
        let Some((recovered, sends)) = recovered else { return Ok(false) };
        log::line("recovered", json!({ "incident_id": incident_id, "resource": recovered.resource }));
        match sends {
            true => drop(self.send(&recovered, &recovered.last_seen_at).await?),
            false => self.suppressed(&recovered, "silenced or flapping"),
        }
        Ok(true)
    }
}

impl<S: Store, N> Flow<S, N> {
    async fn resolved_by_event(
        &self,
        incident_id: &str,
        silences: &[Silence],
    ) -> Result<Option<(Incident, bool)>, StoreError> {
        let mut turns = Turns::default();
        loop {
            match recovered(&self.store, incident_id, silences, &self.clock.now()).await {
                Err(StoreError::Conflict) => turns.wait().await?,
                recovered => return recovered,
            }
        }
    }
}

/// Resolves an incident as it is in the table now; returns it and whether its notice is to be sent at once. Nothing when
/// it was resolved in the meantime.
async fn recovered(
    store: &impl Store,
    incident_id: &str,
    silences: &[Silence],
    now: &Now,
) -> Result<Option<(Incident, bool)>, StoreError> {
    let Some(read) = store.incident(incident_id).await?.filter(|read| read.status != Status::Resolved) else {
        return Ok(None);
    };
    let mut recent_changes = recent(&read.recent_changes, now.seconds);
    recent_changes.push(now.seconds);
    let wait = if read.flapping { FLAPPING_SECONDS } else { LEASE_SECONDS };
    let notice = Outbox {
        due: Some(Reason::Recovered),
        notices: read.notices + 1,
        due_at: Some(now.seconds + wait),
        silenced_by: None,
    };
    let outbox = held_by(silences, &read, notice, now);
    let resolution =
        Resolution { read: &read, outbox: &outbox, recent_changes: &recent_changes, what: "recovered", at: &now.text };
    store.resolve(&resolution).await?;
    let sends = !read.flapping && outbox.silenced_by.is_none();
    let timeline = [read.timeline.clone(), vec![entry(now)]].concat();
    Ok(Some((outbox.put_into(Incident { status: Status::Resolved, recovered: true, timeline, ..read }), sends)))
}

fn entry(now: &Now) -> incident_model::TimelineEntry {
    incident_model::TimelineEntry { at: now.text.clone(), what: "recovered".to_owned() }
}
