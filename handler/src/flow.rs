//! The path of an event through the handler: classify, record, send.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI64, Ordering};

use incident_model::control::{Control, SelfCheck};
use incident_model::{Classification, Outcome, Rules, RulesError, observe};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use crate::backoff::Backoff;
use crate::clients::Clients;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::HandlerError;
use crate::fail_open::FailOpen;
use crate::failures::{self, FailuresError};
use crate::notify::{Notifier, Topic};
use crate::record::sketch;
use crate::recovery::recovery;
use crate::rules_file::LoadedRules;
use crate::settings::Settings;
use crate::store::{Store, Table};
use crate::{concurrently, delivery, drill, groups, log, loop_guard, rules_file, self_check, sweep};

/// Concurrent groups of failures. More would only contend for the same items.
const GROUPS_AT_ONCE: usize = 10;
/// Shortest interval, in seconds, between the sweeps that a handler runs after events.
const SWEEP_SECONDS: i64 = 60;

/// The incident handler.
pub struct Handler {
    flow: Flow<Table, Topic>,
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
        Ok(Self { flow: Flow::new(store, notifier, settings), loaded, swept_at: AtomicI64::new(0) })
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

    /// Sends what is due, then runs the self-check.
    async fn sweep(&self) -> Result<Value, HandlerError> {
        self.swept_at.store(self.flow.context.clock.now().seconds, Ordering::Relaxed);
        let sent = self.flow.sweep().await?;
        let report = self.self_check().await;
        match report.ok {
            true => Ok(json!({ "sent": sent, "self_check": report })),
            false => Err(HandlerError::Unhealthy(json!(report))),
        }
    }

    /// Sweeps, unless this handler did so recently. The event of this invocation is already handled, so an error of the
    /// sweep does not fail the invocation.
    async fn sweep_if_due(&self) {
        let now = self.flow.context.clock.now().seconds;
        if now - self.swept_at.swap(now, Ordering::Relaxed) < SWEEP_SECONDS {
            return;
        }
        if let Err(error) = self.flow.sweep().await {
            log::line("sweep-failed", json!({ "error": error.to_string() }));
        }
    }

    async fn self_check(&self) -> SelfCheck {
        let now = self.flow.context.clock.now().seconds;
        let problem = self.flow.context.settings.alerts_problem.as_deref();
        self_check::run(&self.loaded, problem, &self.flow.context.store, &self.flow.context.notifier, now).await
    }
}

/// Recording and sending, generic over store and notifier.
pub(crate) struct Flow<S, N> {
    pub(crate) context: Context<S, N>,
    pub(crate) fail_open: FailOpen,
}

impl<S, N> Flow<S, N> {
    pub(crate) fn new(store: S, notifier: N, settings: Settings) -> Self {
        let context = Context { store, notifier, settings, clock: Clock::default() };
        Self { context, fail_open: FailOpen::default() }
    }
}

impl<S: Store, N: Notifier> Flow<S, N> {
    /// Handles every event of a delivery and returns their number. A failing event does not stop the others; on a retry
    /// the successful ones are recognised as duplicates.
    pub(crate) async fn deliver(&self, delivery: &Value, rules: &Rules) -> Result<usize, HandlerError> {
        let mut events = Vec::new();
        let mut failed = None;
        for part in delivery::parts(delivery, &self.context.settings.function) {
            match observe(&part) {
                Ok(observed) => events.extend(
                    observed
                        .into_iter()
                        .map(|seen| Classification::of(drill::genuine(seen, &self.context.settings), rules)),
                ),
                Err(error) => failed = Some(error.into()),
            }
        }
        for handled in self.handle_all(&events).await {
            if let Err(error) = handled {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(events.len()), Err)
    }

    /// Handles events, and returns what became of each, in their order: groups of failures at once, the worst first, a
    /// recovery in its turn.
    pub(crate) async fn handle_all(&self, events: &[Classification]) -> Vec<Result<(), HandlerError>> {
        let mut results: Vec<Option<HandlerError>> = events.iter().map(|_| None).collect();
        for stage in groups::stages(events) {
            let handled = stage.iter().map(|group| self.handle(&group.events)).collect();
            let handled = concurrently::at_most(GROUPS_AT_ONCE, handled).await;
            for (group, result) in stage.iter().zip(handled) {
                let Err(error) = result else { continue };
                for position in &group.positions {
                    if let Some(place) = results.get_mut(*position) {
                        *place = Some(error.clone());
                    }
                }
            }
        }
        results.into_iter().map(|error| error.map_or(Ok(()), Err)).collect()
    }

    async fn handle(&self, group: &[&Classification]) -> Result<(), HandlerError> {
        let Some(first) = group.first() else { return Ok(()) };
        if loop_guard::is_own(&first.observation, &self.context.settings.function, &self.context.settings.stack) {
            self.context.ignored(first, "a failure of the alert path itself, which has alarms of its own");
            return Ok(());
        }
        match first.outcome {
            Outcome::Incident => self.failures(group).await,
            Outcome::Recovery => recovery(&self.context, first).await,
            Outcome::Ignored if first.recovers() => recovery(&self.context, first).await,
            Outcome::Ignored => {
                self.context.ignored(first, first.reason().unwrap_or_default());
                Ok(())
            }
        }
    }

    async fn failures(&self, group: &[&Classification]) -> Result<(), HandlerError> {
        match failures::handle(&self.context, group, Backoff::default()).await {
            Ok(()) => Ok(()),
            Err(FailuresError::NotNotified(error)) => Err(error),
            Err(FailuresError::NotRecorded(error)) => {
                if let Some(incident) = group.first().and_then(|first| sketch(first, &self.context.clock.now())) {
                    self.fail_open.mail(&self.context, &incident).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Sends what is due.
    pub(crate) async fn sweep(&self) -> Result<usize, HandlerError> {
        sweep::sweep(&self.context).await
    }
}
