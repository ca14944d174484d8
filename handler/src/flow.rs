//! The path of an event through the handler: classify, record, send.

#[cfg(test)]
mod tests;

use incident_model::explanation::explains;
use incident_model::{Classification, Incident, Outcome, Unreadable};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use crate::breaker::Breaker;
use crate::clock::Clock;
use crate::log::Unit;
use crate::notify::{Notifier, NotifyError};
use crate::outbox::Delivery;
use crate::record::{How, Recorded, alarm_on_errors_of, record};
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::{log, loop_guard};

/// Why an event was not handled. Its message stays in the queue; an invocation with the event itself fails.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The delivery contains no event.
    #[error("no event: {0}")]
    Unreadable(#[from] Unreadable),
    /// The failure could not be recorded.
    #[error(transparent)]
    NotRecorded(StoreError),
    /// Something else could not be recorded: a recovery, a notice.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SNS rejected the mail.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The self-check of a sweep found a problem. The error raises the alarm on the handler's errors.
    #[error("the self-check of a sweep failed: {0}")]
    Unhealthy(Value),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::Unreadable(_) => "UnreadableEvent",
            HandlerError::NotRecorded(_) | HandlerError::Store(_) => "NotRecorded",
            HandlerError::Notify(_) => "NotNotified",
            HandlerError::Unhealthy(_) => "SelfCheckFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

/// Recording and sending, generic over store and notifier.
pub(crate) struct Flow<S, N> {
    pub(crate) store: S,
    pub(crate) notifier: N,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    /// Reset by the entry at each invocation.
    pub(crate) breaker: Breaker,
}

impl<S, N> Flow<S, N> {
    pub(crate) fn new(store: S, notifier: N, settings: Settings) -> Self {
        Self { store, notifier, settings, clock: Clock::default(), breaker: Breaker::default() }
    }
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Handles events one after another, and returns their results in the same order. A failing event does not stop the
    /// others.
    pub(crate) async fn handle_all(&self, events: &[Classification]) -> Vec<Result<(), HandlerError>> {
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            let result = Box::pin(self.handle(event)).await;
            if let Err(HandlerError::NotRecorded(error) | HandlerError::Store(error)) = &result {
                self.breaker.trip(error);
            }
            results.push(result);
        }
        results
    }

    async fn handle(&self, event: &Classification) -> Result<(), HandlerError> {
        if loop_guard::is_own(&event.observation, &self.settings.function, &self.settings.stack) {
            self.ignored(event, "a failure of the alert path itself, which has alarms of its own");
            return Ok(());
        }
        match event.outcome {
            Outcome::Incident => self.failure(event).await,
            Outcome::Recovery => self.recovery(event).await,
            Outcome::Ignored if event.recovers() => self.recovery(event).await,
            Outcome::Ignored => {
                self.ignored(event, event.reason().unwrap_or_default());
                Ok(())
            }
        }
    }

    async fn failure(&self, event: &Classification) -> Result<(), HandlerError> {
        self.breaker.permit().map_err(HandlerError::NotRecorded)?;
        let now = self.clock.now();
        let incident_id = format!("inc-{}", uuid::Uuid::now_v7());
        let Some(incident) = event.incident(incident_id, now.text.clone()) else { return Ok(()) };
        if let Some(reason) = self.explained(event, &incident, now.seconds).await {
            self.ignored(event, &reason);
            return Ok(());
        }
        self.breaker.permit().map_err(HandlerError::NotRecorded)?;
        let recorded = record(&self.store, event, &incident, &now, self.breaker.backoff()).await;
        self.recorded(event, &recorded.map_err(HandlerError::NotRecorded)?).await
    }

    /// Why an alarm on a function's errors is redundant, if the failure that raised it was just mailed. An unreadable
    /// table suppresses nothing.
    async fn explained(&self, event: &Classification, alarm: &Incident, now: i64) -> Option<String> {
        let function = alarm_on_errors_of(&event.observation)?;
        let failures = self.of_trouble("lambda", function).await.inspect_err(|error| self.breaker.trip(error)).ok()?;
        let cause = failures.iter().find(|failure| explains(failure, alarm, now))?;
        Some(format!("incident {} is open for the errors of {function}", cause.incident_id))
    }

    /// Sends the notice that recording made due.
    async fn recorded(&self, event: &Classification, recorded: &Recorded) -> Result<(), HandlerError> {
        let incident = &recorded.incident;
        let occurred_at = &event.observation.occurred_at;
        self.logged(recorded);
        let delivery = match recorded.sends {
            true => self.send(incident, occurred_at).await?,
            false => self.send_if_due(incident).await?,
        };
        if recorded.how == How::Opened && !recorded.sends && delivery == Delivery::NotOurs {
            self.suppressed(incident, "silenced or flapping");
        }
        Ok(())
    }

    pub(crate) fn ignored(&self, event: &Classification, reason: &str) {
        let seen = &event.observation;
        let fields =
            json!({ "source": seen.source, "resource": seen.resource, "event_id": seen.event_id, "reason": reason });
        log::line("ignored", fields);
    }

    fn logged(&self, recorded: &Recorded) {
        let incident = &recorded.incident;
        let outcome = match recorded.how {
            How::Opened => "opened",
            How::Escalated => "escalated",
            How::Counted => "counted",
            How::Duplicate => "duplicate",
        };
        let fields = json!({
            "incident_id": incident.incident_id,
            "severity": incident.severity,
            "rule": incident.rule,
            "source": incident.source,
            "resource": incident.resource,
            "request_id": incident.request_id,
            "occurrences": incident.occurrences,
        });
        match recorded.how {
            How::Opened => self.measured(outcome, fields, Some(incident.severity), &[("Incidents", Unit::Count, 1.0)]),
            How::Duplicate => log::line(outcome, fields),
            _ => self.measured(outcome, fields, None, &[("Recurrences", Unit::Count, 1.0)]),
        }
    }
}
