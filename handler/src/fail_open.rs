//! Fail open: people hear of failures that cannot be recorded, at most once a minute from each handler instance. Without
//! the table there is no shared mail budget, and no shared memory of what was mailed.

mod known;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use incident_model::mail::Mail;
use incident_model::mail::unrecorded::{MOST_LISTED, Unrecorded, not_recorded};
use incident_model::{Classification, Incident, Severity};

use crate::clock::Clock;
use crate::notify::{Notifier, NotifyError};
use crate::store::StoreError;
use known::Known;

/// Shortest time, in seconds, between two mails of one handler instance, whether SNS accepts them or not: an answer that
/// is lost says nothing about the mail.
const BETWEEN_MAILS: i64 = 60;
/// A mail waits for a part of this time that chance decides. The handlers of a storm meet the same outage at once, know
/// nothing of each other, and together would send so many mails in a second that SNS gives the address up.
const SPREAD: Duration = Duration::from_secs(10);

/// Where an event is that could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In the queue of events, from which it is tried again.
    InQueue,
    /// The handler has no way to get it again.
    Nowhere,
}

/// What this handler instance could not record, and what of it is mailed.
#[derive(Debug, Default)]
pub(crate) struct FailOpen {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    /// The latest reason.
    why: String,
    tried_at: Option<i64>,
}

impl FailOpen {
    /// Takes note of a failure that could not be recorded; `incident` is the one that it would open.
    pub(crate) fn collect(&self, event: &Classification, incident: Incident, kept: Kept, error: &StoreError, now: i64) {
        let mut state = self.state();
        state.why = error.to_string();
        state.known.add(&event.observation.event_id, incident, kept == Kept::InQueue, now);
    }

    /// Takes note of an event that is recorded: what a later attempt achieved is not mailed.
    pub(crate) fn recorded(&self, fingerprint: &str) {
        self.state().known.settle(fingerprint);
    }

    /// Mails what is to be mailed, if a mail may go out now, within ten seconds; returns the number of failures in it.
    ///
    /// # Errors
    /// When SNS rejects the mail; a later one covers the same failures.
    pub(crate) async fn tell(
        &self,
        notifier: &impl Notifier,
        clock: &Clock,
        stack: &str,
    ) -> Result<Option<u64>, NotifyError> {
        let now = clock.now().seconds;
        let Some((mail, news)) = self.due(now, stack) else { return Ok(None) };
        tokio::time::sleep(part_of(SPREAD)).await;
        notifier.publish(&mail).await?;
        let failures = news.iter().map(|(_, failures)| failures).sum();
        self.state().known.told(&news, now);
        Ok(Some(failures))
    }

    /// The mail that is due, with the fingerprints that it covers and their failures.
    fn due(&self, now: i64, stack: &str) -> Option<(Mail, Vec<(String, u64)>)> {
        let mut state = self.state();
        if state.tried_at.is_some_and(|at| now - at < BETWEEN_MAILS) {
            return None;
        }
        state.known.forget(now);
        let news = state.known.news(now);
        let listed: Vec<Unrecorded<'_>> =
            news.iter().map(|one| Unrecorded { incident: &one.incident, is_kept: one.is_kept }).collect();
        let mail = (!listed.is_empty()).then(|| not_recorded(&listed, &state.why, stack))?;
        // One that is CRITICAL is named, if need be in a later mail.
        let covered = news
            .iter()
            .enumerate()
            .filter(|(position, one)| *position < MOST_LISTED || one.incident.severity < Severity::Critical);
        let covered = covered.map(|(_, one)| (one.incident.fingerprint.clone(), one.incident.occurrences)).collect();
        state.tried_at = Some(now);
        Some((mail, covered))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a time, by chance.
fn part_of(time: Duration) -> Duration {
    let [high, low, ..] = *uuid::Uuid::new_v4().as_bytes();
    time * u32::from(u16::from_be_bytes([high, low])) / u32::from(u16::MAX)
}
