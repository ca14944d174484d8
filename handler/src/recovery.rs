//! Recoveries: events that report that a resource works again.

use incident_model::notice::{FLAPPING_SECONDS, recent};
use incident_model::time::milliseconds_of;
use incident_model::trouble::ends;
use incident_model::{Classification, Incident, Outcome, Reason, Silence, Status};
use serde_json::json;

use crate::backoff::Backoff;
use crate::clock::Now;
use crate::flow::{Flow, HandlerError};
use crate::log;
use crate::notify::Notifier;
use crate::outbox::LEASE_SECONDS;
use crate::record::{held_by, is_leased, resolved};
use crate::store::{Outbox, Resolution, Store, StoreError};

/// Limit on the incidents of one trouble. More open ones hardly end together.
const MOST_BESIDE: usize = 25;
/// The timeline's entry.
const RECOVERED: &str = "recovered";

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Resolves and reports all open incidents of the trouble that ended.
    pub(crate) async fn recovery(&self, event: &Classification) -> Result<(), HandlerError> {
        self.breaker.permit()?;
        let seen = &event.observation;
        if event.outcome == Outcome::Recovery
            && let Some(at) = milliseconds_of(&seen.occurred_at)
        {
            self.store.remember_recovery(&seen.source, &event.trouble(), at).await?;
        }
        let mut ended = 0;
        for incident in self.of_trouble(&seen.source, &event.trouble()).await? {
            if ends(seen, &incident) {
                ended += usize::from(self.recover(&incident).await?);
            }
        }
        if ended == 0 {
            self.ignored(event, event.reason().unwrap_or("the resource has no open incident"));
        }
        Ok(())
    }

    /// The latest incidents of a trouble, in any status, newest first.
    pub(crate) async fn of_trouble(&self, source: &str, trouble: &str) -> Result<Vec<Incident>, StoreError> {
        let mut found = self.store.newest_of_trouble(source, trouble).await?;
        let mut incidents = Vec::new();
        while let Some(incident) = found {
            found = match &incident.beside_incident_id {
                Some(beside) if incidents.len() + 1 < MOST_BESIDE => self.store.incident(beside).await?,
                _ => None,
            };
            incidents.push(incident);
        }
        Ok(incidents)
    }

    /// Resolves an unresolved incident and reports it; returns whether it did.
    async fn recover(&self, incident: &Incident) -> Result<bool, HandlerError> {
        if incident.status == Status::Resolved {
            // The event's first delivery may have crashed before its mail.
            self.send_if_due(incident).await?;
            return Ok(false);
        }
        let silences = self.store.silences().await?;
        let Some((recovered, sends)) = self.resolved_by_event(incident, &silences).await? else { return Ok(false) };
        log::line("recovered", json!({ "incident_id": recovered.incident_id, "resource": recovered.resource }));
        match sends {
            true => drop(self.send(&recovered, &recovered.last_seen_at).await?),
            false => self.suppressed(&recovered, "silenced or flapping"),
        }
        Ok(true)
    }

    /// The resolved incident, and whether its notice is to be sent at once; `None` if it was resolved in the meantime.
    async fn resolved_by_event(
        &self,
        incident: &Incident,
        silences: &[Silence],
    ) -> Result<Option<(Incident, bool)>, StoreError> {
        let mut backoff = Backoff::default();
        let mut read = Some(incident.clone());
        while let Some(open) = read.filter(|read| read.status != Status::Resolved) {
            let now = self.clock.now();
            let outbox = recovery_notice(&open, silences, &now);
            let recent_changes = [recent(&open.recent_changes, now.seconds), vec![now.seconds]].concat();
            let resolution = Resolution {
                read: &open,
                outbox: &outbox,
                recent_changes: &recent_changes,
                what: RECOVERED,
                at: &now.text,
            };
            match self.store.resolve(&resolution).await {
                Ok(()) => {
                    let recovered = outbox.put_into(resolved(open, RECOVERED, &now));
                    let sends = is_leased(&recovered, &now);
                    return Ok(Some((recovered, sends)));
                }
                Err(error) => backoff.wait_after(error).await?,
            }
            read = self.store.incident(&open.incident_id).await?;
        }
        Ok(None)
    }
}

/// The notice of a recovery. For a flapping resource it waits until the state is stable.
fn recovery_notice(incident: &Incident, silences: &[Silence], now: &Now) -> Outbox {
    let wait = if incident.flapping { FLAPPING_SECONDS } else { LEASE_SECONDS };
    held_by(silences, incident, Outbox::next(incident, Reason::Recovered, now.seconds + wait), now)
}
