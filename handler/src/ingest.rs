//! How events come in: in batches of messages from the queue of events, whose answer names the messages that stay in the
//! queue, or in a single delivery, whose invocation fails as a whole.

mod batch;
mod deadline;
mod message;
mod poison;
mod queues;

use incident_model::{Classification, Outcome};
use serde_json::{Value, json};

pub(crate) use deadline::Deadline;
pub(crate) use message::Message;
#[cfg(test)]
pub(crate) use poison::Reason;
#[cfg(test)]
pub(crate) use queues::QueueError;
pub(crate) use queues::{Queues, StackQueues};

use crate::context::Context;
use crate::delivery::Reading;
use crate::error::HandlerError;
use crate::fail_open::{FailOpen, Kept};
use crate::flow::Flow;
use crate::log::Unit;
use crate::notify::{Notifier, NotifyError};
use crate::rules_file::LoadedRules;
use crate::store::{Store, StoreError};

/// The entry of events, generic over what it calls.
pub(crate) struct Ingest<S, N, Q> {
    pub(crate) flow: Flow<S, N>,
    pub(crate) loaded: LoadedRules,
    fail_open: FailOpen,
    queues: Q,
}

impl<S: Store, N: Notifier, Q: Queues> Ingest<S, N, Q> {
    pub(crate) fn new(flow: Flow<S, N>, loaded: LoadedRules, queues: Q) -> Self {
        Self { flow, loaded, fail_open: FailOpen::default(), queues }
    }

    #[cfg(test)]
    pub(crate) fn queues(&self) -> &Q {
        &self.queues
    }

    /// Begins an invocation.
    pub(crate) fn begin(&self) {
        self.flow.breaker.reset();
    }

    /// Handles every event of a delivery and returns their number. A failing event does not stop the others; on a retry
    /// the successful ones are recognised as duplicates.
    ///
    /// # Errors
    /// When the delivery must be retried, or a part of it contains no event.
    pub(crate) async fn deliver(&self, delivery: &Value) -> Result<usize, HandlerError> {
        let Reading { events, unreadable } = Reading::of(delivery, &self.flow.context.settings, &self.loaded.rules);
        let results = self.handled(&events, Kept::Nowhere).await;
        self.tell_unrecorded().await?;
        let failed = results.into_iter().filter_map(Result::err).next_back();
        failed.or(unreadable.map(HandlerError::from)).map_or(Ok(events.len()), Err)
    }

    /// Mails what could not be recorded, if that is due.
    ///
    /// # Errors
    /// When SNS rejects the mail; a later one covers it.
    pub(crate) async fn tell_unrecorded(&self) -> Result<(), NotifyError> {
        let Context { notifier, clock, settings, .. } = &self.flow.context;
        if let Some(mailed) = self.fail_open.tell(notifier, clock, &settings.stack).await? {
            let fields = json!({ "failures": mailed });
            self.flow.context.measured("mailed-unrecorded", fields, None, &[("Mails", Unit::Count, 1.0)]);
        }
        Ok(())
    }

    /// The results of events, in their order. `kept` is where they are if they cannot be recorded.
    async fn handled(&self, events: &[Classification], kept: Kept) -> Vec<Result<(), HandlerError>> {
        let results = self.flow.handle_all(events).await;
        for (event, result) in events.iter().zip(&results) {
            match result {
                Ok(()) => self.fail_open.recorded(&event.fingerprint.digest),
                Err(HandlerError::NotRecorded(error)) => {
                    self.unrecorded(event, error);
                    self.collect(event, kept, error);
                }
                Err(HandlerError::Store(error)) => self.unrecorded(event, error),
                Err(_) => {}
            }
        }
        results
    }

    fn collect(&self, event: &Classification, kept: Kept, error: &StoreError) {
        let now = self.flow.context.clock.now();
        if let Some(incident) = event.incident(String::new(), now.text) {
            self.fail_open.collect(event, incident, kept, error, now.seconds);
        }
    }

    /// Measures an event that could not be recorded in this attempt.
    fn unrecorded(&self, event: &Classification, error: &StoreError) {
        let seen = &event.observation;
        let is_failure = event.outcome == Outcome::Incident;
        let fields = json!({
            "source": seen.source, "resource": seen.resource, "event_id": seen.event_id, "is_failure": is_failure,
            "error": error.to_string(),
        });
        self.flow.context.measured("not-recorded", fields, None, &[("NotRecorded", Unit::Count, 1.0)]);
    }
}
