//! The path of an event through the handler: classify, record, send.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI64, Ordering};

use incident_model::control::{Control, SelfCheck};
use incident_model::explanation::explains;
use incident_model::{Classification, Incident, Outcome, Rules, RulesError, Unreadable, observe};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::clock::Clock;
use crate::fail_open::FailOpen;
use crate::functions::{CloudWatch, FunctionWatch, TableMemory, WatchError};
use crate::log::Unit;
use crate::notify::{Notifier, NotifyError, Topic};
use crate::outbox::Delivery;
use crate::record::{How, Recorded, alarm_on_errors_of, record};
use crate::rules_file::LoadedRules;
use crate::settings::Settings;
use crate::store::{Store, StoreError, Table};
use crate::{delivery, drill, log, loop_guard, rules_file, self_check};

/// Shortest interval, in seconds, between the sweeps that a handler runs after events.
const SWEEP_SECONDS: i64 = 60;

/// Reports about functions that may fail in one sweep: one that cannot be recorded stops no other, but a table that is down
/// would take the sweep's whole time.
const MOST_FAILED_REPORTS: usize = 3;

/// Why an invocation failed. Lambda retries it, then moves the event to the handler's dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The delivery contains no event.
    #[error("no event: {0}")]
    Unreadable(#[from] Unreadable),
    /// The failure, or its notification, could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SNS rejected the mail.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The functions' metrics could not be read, so that failures may go unnoticed.
    #[error(transparent)]
    Functions(#[from] WatchError),
    /// The self-check of a sweep found a problem. The error raises the alarm on the handler's errors.
    #[error("the self-check of a sweep failed: {0}")]
    Unhealthy(Value),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::Unreadable(_) => "UnreadableEvent",
            HandlerError::Store(_) => "NotRecorded",
            HandlerError::Notify(_) => "NotNotified",
            HandlerError::Functions(_) => "FunctionsNotWatched",
            HandlerError::Unhealthy(_) => "SelfCheckFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

/// The incident handler.
pub struct Handler {
    flow: Flow<Table, Topic>,
    functions: FunctionWatch<CloudWatch, TableMemory>,
    loaded: LoadedRules,
    swept_at: AtomicI64,
}

impl Handler {
    /// A handler with the table and topic from the settings.
    ///
    /// # Errors
    /// When even the built-in rules are invalid.
    pub fn on_aws(settings: Settings, clients: &Clients) -> Result<Self, RulesError> {
        let store = Table::new(clients.dynamodb.clone(), settings.table.clone());
        let notifier = Topic::new(clients.sns.clone(), settings.topic_arn.clone());
        let loaded = rules_file::load()?;
        for problem in loaded.problem.iter().chain(&settings.alerts_problem) {
            log::line("settings-problem", json!({ "problem": problem }));
        }
        let functions = FunctionWatch::on_aws(&settings, clients);
        Ok(Self { flow: Flow::new(store, notifier, settings), functions, loaded, swept_at: AtomicI64::new(0) })
    }

    /// Handles one invocation.
    ///
    /// # Errors
    /// When the invocation must be retried, or contains no event.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
        let result = match Control::read(&event.payload) {
            Some(Control::SelfCheck) => return Ok(json!(self.self_check().await)),
            Some(Control::Sweep) => self.sweep().await,
            None => self.events(&event.payload).await,
        };
        if let Err(error) = &result {
            log::line("failed", json!({ "request_id": event.context.request_id, "error": error.to_string() }));
        }
        result
    }

    async fn events(&self, delivery: &Value) -> Result<Value, HandlerError> {
        let handled = self.flow.deliver(delivery, &self.loaded.rules).await;
        self.sweep_if_due().await;
        handled.map(|events| json!({ "events": events }))
    }

    /// Sends what is due, looks for failing functions, then runs the self-check.
    async fn sweep(&self) -> Result<Value, HandlerError> {
        self.swept_at.store(self.flow.clock.now().seconds, Ordering::Relaxed);
        let sent = self.flow.sweep().await?;
        let watched = self.watch_functions().await;
        let report = self.self_check().await;
        match report.ok {
            true => watched.map(|()| json!({ "sent": sent, "self_check": report })),
            false => Err(HandlerError::Unhealthy(json!(report))),
        }
    }

    /// Records which functions fail, if an alarm on all of them is on.
    async fn watch_functions(&self) -> Result<(), HandlerError> {
        let found = self.functions.find(self.flow.clock.now().seconds).await?;
        let (mut recorded, mut failed) = (Vec::new(), Vec::new());
        for report in found.reports() {
            let event = Classification::of(self.functions.observation(report), &self.loaded.rules);
            match self.flow.handle(&event).await {
                Ok(()) => recorded.push(report.clone()),
                Err(error) => failed.push(error),
            }
            if failed.len() >= MOST_FAILED_REPORTS {
                break;
            }
        }
        self.functions.keep(found, &recorded).await?;
        failed.pop().map_or(Ok(()), Err)
    }

    /// Sweeps, unless this handler did so recently. The event of this invocation is already handled, so an error of the
    /// sweep does not fail the invocation.
    async fn sweep_if_due(&self) {
        let now = self.flow.clock.now().seconds;
        if now - self.swept_at.swap(now, Ordering::Relaxed) < SWEEP_SECONDS {
            return;
        }
        if let Err(error) = self.flow.sweep().await {
            log::line("sweep-failed", json!({ "error": error.to_string() }));
        }
    }

    async fn self_check(&self) -> SelfCheck {
        let now = self.flow.clock.now().seconds;
        let problem = self.flow.settings.alerts_problem.as_deref();
        self_check::run(&self.loaded, problem, &self.flow.store, &self.flow.notifier, now).await
    }
}

/// Recording and sending, generic over store and notifier.
pub(crate) struct Flow<S, N> {
    pub(crate) store: S,
    pub(crate) notifier: N,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) fail_open: FailOpen,
}

impl<S, N> Flow<S, N> {
    pub(crate) fn new(store: S, notifier: N, settings: Settings) -> Self {
        Self { store, notifier, settings, clock: Clock::default(), fail_open: FailOpen::default() }
    }
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Handles every event of a delivery and returns their number. A failing event does not stop the others; on a retry
    /// the successful ones are recognised as duplicates.
    pub(crate) async fn deliver(&self, delivery: &Value, rules: &Rules) -> Result<usize, HandlerError> {
        let mut events = 0;
        let mut failed = None;
        for part in delivery::parts(delivery, &self.settings.function) {
            let observed = match observe(&part) {
                Ok(observed) => observed,
                Err(error) => {
                    failed = Some(error.into());
                    continue;
                }
            };
            for seen in observed {
                events += 1;
                let event = Classification::of(drill::genuine(seen, &self.settings), rules);
                if let Err(error) = self.handle(&event).await {
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(events), Err)
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
        let now = self.clock.now();
        let incident_id = format!("inc-{}", uuid::Uuid::now_v7());
        let Some(incident) = event.incident(incident_id, now.text.clone()) else { return Ok(()) };
        if let Some(reason) = self.explained(event, &incident, now.seconds).await {
            self.ignored(event, &reason);
            return Ok(());
        }
        match record(&self.store, event, &incident, &now).await {
            Ok(recorded) => self.recorded(event, &recorded).await,
            Err(error) => {
                self.mail_unrecorded(&incident).await?;
                Err(error.into())
            }
        }
    }

    /// Why an alarm on a function's errors is redundant, if the failure that raised it was just mailed. An unreadable
    /// table suppresses nothing.
    async fn explained(&self, event: &Classification, alarm: &Incident, now: i64) -> Option<String> {
        let function = alarm_on_errors_of(&event.observation)?;
        let failures = self.of_trouble("lambda", function).await.ok()?;
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
