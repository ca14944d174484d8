//! The incident handler: what an invocation asks for.

use std::sync::atomic::{AtomicI64, Ordering};

use incident_model::RulesError;
use incident_model::control::{Control, SelfCheck};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::flow::{Flow, HandlerError};
use crate::ingest::{Deadline, Ingest, Message, StackQueues};
use crate::notify::Topic;
use crate::settings::Settings;
use crate::store::Table;
use crate::{log, rules_file, self_check};

/// Shortest interval, in seconds, between the sweeps that a handler runs after events.
const SWEEP_SECONDS: i64 = 60;

/// The incident handler.
pub struct Handler {
    ingest: Ingest<Table, Topic, StackQueues>,
    swept_at: AtomicI64,
}

impl Handler {
    /// A handler with the table, the topic and the queues from the settings.
    ///
    /// # Errors
    /// When even the built-in rules are invalid.
    pub fn on_aws(settings: Settings, clients: &Clients) -> Result<Self, RulesError> {
        let store = Table::new(clients.dynamodb.clone(), settings.table.clone());
        let notifier = Topic::new(clients.sns.clone(), settings.topic_arn.clone());
        let queues = StackQueues::new(clients.sqs.clone(), settings.queues.clone());
        let loaded = rules_file::load()?;
        for problem in loaded.problem.iter().chain(&settings.alerts_problem) {
            log::line("settings-problem", json!({ "problem": problem }));
        }
        let ingest = Ingest::new(Flow::new(store, notifier, settings), loaded, queues);
        Ok(Self { ingest, swept_at: AtomicI64::new(0) })
    }

    /// Handles one invocation.
    ///
    /// # Errors
    /// When the invocation must be retried, or contains no event. A batch from the queue of events never fails: its
    /// response names the messages that must be retried.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
        let LambdaEvent { payload, context } = event;
        // Boxed, so that one kind of invocation does not need the stack of all.
        self.ingest.begin();
        let result = match Control::read(&payload) {
            Some(Control::SelfCheck) => return Ok(json!(self.self_check().await)),
            Some(Control::Sweep) => Box::pin(self.sweep()).await,
            None => match Message::batch(&payload, &self.ingest.flow.settings) {
                Some(messages) => Ok(Box::pin(self.batch(&messages, &context)).await),
                None => Box::pin(self.events(&payload)).await,
            },
        };
        if let Err(error) = &result {
            log::line("failed", json!({ "request_id": context.request_id, "error": error.to_string() }));
        }
        result
    }

    async fn batch(&self, messages: &[Message<'_>], context: &Context) -> Value {
        let deadline = Deadline::of(context);
        let answer = self.ingest.batch(messages, deadline).await;
        // A sweep that is cut off is followed by another one.
        let _ = deadline.limit(self.sweep_if_due()).await;
        answer
    }

    async fn events(&self, delivery: &Value) -> Result<Value, HandlerError> {
        let handled = self.ingest.deliver(delivery).await;
        self.sweep_if_due().await;
        handled.map(|events| json!({ "events": events }))
    }

    /// Sends what is due, then runs the self-check.
    async fn sweep(&self) -> Result<Value, HandlerError> {
        self.swept_at.store(self.ingest.flow.clock.now().seconds, Ordering::Relaxed);
        self.ingest.tell_unrecorded().await?;
        let sent = self.ingest.flow.sweep().await?;
        let report = self.self_check().await;
        match report.ok {
            true => Ok(json!({ "sent": sent, "self_check": report })),
            false => Err(HandlerError::Unhealthy(json!(report))),
        }
    }

    /// Sweeps, unless this handler did so recently or cannot now. The events of this invocation are already handled, so
    /// an error of the sweep does not fail the invocation.
    async fn sweep_if_due(&self) {
        let flow = &self.ingest.flow;
        if flow.breaker.is_tripped() {
            return;
        }
        let now = flow.clock.now().seconds;
        if now - self.swept_at.swap(now, Ordering::Relaxed) < SWEEP_SECONDS {
            return;
        }
        if let Err(error) = flow.sweep().await {
            log::line("sweep-failed", json!({ "error": error.to_string() }));
        }
    }

    async fn self_check(&self) -> SelfCheck {
        let Ingest { flow, loaded, .. } = &self.ingest;
        let now = flow.clock.now().seconds;
        let problem = flow.settings.alerts_problem.as_deref();
        self_check::run(loaded, problem, &flow.store, &flow.notifier, now).await
    }
}
