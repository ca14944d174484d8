//! The sweep: what the clock asks for every few minutes.
//!
//! An invocation that dies between the record and the mail leaves an incident that nobody heard of. Lambda tries its
//! event again, and mostly that mails it; where those tries died too, the sweep does. It asks by the index `by-status`.

use std::time::Duration;

use incident_model::Incident;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::flow::{Flow, HandlerError, Now};
use crate::log;
use crate::notify::Notifier;
use crate::record::LEASE_SECONDS;
use crate::store::Store;

/// How far back to look, in hours. An incident that is older was seen by hundreds of sweeps.
const HORIZON_HOURS: i64 = 24;
/// How many mails one sweep sends; the rest waits for the next one.
const MOST: usize = 25;
/// Between two mails: SNS ends an email subscription that gets more than ten in a second.
const PAUSE: Duration = Duration::from_millis(150);

/// Whether an event asks for a sweep.
pub fn is_asked_for(event: &Value) -> bool {
    event.get("incidentctl").and_then(Value::as_str) == Some("sweep")
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Mails the incidents that were never marked as mailed and that nobody holds the lease of, and returns how many.
    /// One that fails does not keep the others from being mailed.
    pub(crate) async fn sweep(&self) -> Result<usize, HandlerError> {
        let (mut sent, mut failed) = (0, None);
        for incident in self.store.unsent(&horizon()).await?.iter().take(MOST) {
            match self.mail_late(incident).await {
                Ok(is_sent) => sent += usize::from(is_sent),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(sent), Err)
    }

    async fn mail_late(&self, incident: &Incident) -> Result<bool, HandlerError> {
        let now = Now::read();
        let is_ours = self.store.claim(&incident.incident_id, now.seconds, now.seconds + LEASE_SECONDS).await?;
        if is_ours {
            self.mail(incident).await?;
            tokio::time::sleep(PAUSE).await;
            log::line("mailed-late", json!({ "incident_id": incident.incident_id }));
        }
        Ok(is_ours)
    }
}

/// The earliest moment that matters, as records have it.
fn horizon() -> String {
    let now = Timestamp::now();
    format!("{:.3}", now.checked_sub(Span::new().hours(HORIZON_HOURS)).unwrap_or(now))
}
