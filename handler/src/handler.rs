//! The incident handler: what an invocation asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use incident_model::control::{Control, SelfCheck};
use incident_model::{Analysis, Classification, RulesError};
use lambda_runtime::{Context as Invocation, LambdaEvent};
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::context::Context;
use crate::error::HandlerError;
use crate::evidence::{Analyst, Asked};
use crate::existence::{Existence, OnLambda};
use crate::flow::Flow;
use crate::function_name::function_of;
use crate::functions::{CloudWatch, FunctionWatch, TableMemory};
use crate::ingest::{Deadline, Ingest, Message, StackQueues};
use crate::notify::Topic;
use crate::settings::Settings;
use crate::snapshots::{OnLambda as FunctionsOnLambda, Snapshots, TableMemory as SnapshotTable};
use crate::store::{Store, StoreError, Table};
use crate::trail::{OnCloudTrail, TableMemory as TrailTable, Trail};
use crate::{log, rules_file, self_check};

/// Shortest interval, in seconds, between the sweeps that a handler runs after events.
const SWEEP_SECONDS: i64 = 60;

/// The incident handler.
pub struct Handler {
    ingest: Ingest<Table, Topic, StackQueues>,
    functions: FunctionWatch<CloudWatch, TableMemory>,
    existence: Existence<OnLambda>,
    snapshots: Snapshots<FunctionsOnLambda, SnapshotTable>,
    trail: Trail<OnCloudTrail, TrailTable>,
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
        for problem in loaded.problem.iter().chain(&settings.alerts_problem).chain(&settings.analysis_problem) {
            log::line("settings-problem", json!({ "problem": problem }));
        }
        let functions = FunctionWatch::on_aws(&settings, clients);
        let snapshots = Snapshots::on_aws(&settings, clients);
        let trail = Trail::on_aws(&settings, clients);
        let analyst = Analyst::new(Arc::clone(&clients.evidence), settings.clone(), loaded.rules.clone());
        let mut flow = Flow::new(store, notifier, settings);
        flow.context.analyst = Some(Box::new(analyst));
        let ingest = Ingest::new(flow, loaded, queues);
        let existence = Existence::new(OnLambda(clients.lambda.clone()));
        Ok(Self { ingest, functions, existence, snapshots, trail, swept_at: AtomicI64::new(0) })
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
            Some(Control::Sweep) => Box::pin(self.sweep(Deadline::of(&context))).await,
            Some(Control::Snapshot { function }) => return Ok(Box::pin(self.snapshot(&function)).await),
            Some(Control::Analyse { incident_id }) => return Ok(Box::pin(self.analyse(&incident_id)).await),
            None => match Message::batch(&payload, &self.ingest.flow.context.settings) {
                Some(messages) => Ok(Box::pin(self.batch(&messages, &context)).await),
                None => Box::pin(self.events(&payload)).await,
            },
        };
        if let Err(error) = &result {
            log::line("failed", json!({ "request_id": context.request_id, "error": error.to_string() }));
        }
        result
    }

    async fn batch(&self, messages: &[Message<'_>], context: &Invocation) -> Value {
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

    /// Looks for failing functions, runs the self-check, and sends what is due.
    async fn sweep(&self, deadline: Deadline) -> Result<Value, HandlerError> {
        self.swept_at.store(self.ingest.flow.context.clock.now().seconds, Ordering::Relaxed);
        // No part keeps another back: mails that SNS refuses take long.
        let watched = self.watch_functions().await;
        let report = self.self_check().await;
        let told = self.ingest.tell_unrecorded().await;
        let swept = self.ingest.flow.sweep().await;
        if let Ok(swept) = &swept {
            self.existence.check(&self.ingest.flow.context, &swept.looked_at).await;
        }
        // What no alert depends on is cut off in time for the answer.
        let looked_at = swept.as_ref().map_or(&[][..], |swept| &swept.looked_at);
        let now = self.ingest.flow.context.clock.now().seconds;
        let _ = deadline.limit(async { tokio::join!(self.snapshots.take(now), self.trail.look(looked_at, now)) }).await;
        if !report.ok {
            return Err(HandlerError::Unhealthy(json!(report)));
        }
        told?;
        watched?;
        Ok(json!({ "sent": swept?.sent, "self_check": report }))
    }

    /// Gathers the evidence of an incident again. The analysis, or an object with an `error`: a failed invocation would raise
    /// the alarm on the alert path, on which this has no effect.
    async fn analyse(&self, incident_id: &str) -> Value {
        match self.analysed(incident_id).await {
            Ok(Some(analysis)) => json!(analysis),
            Ok(None) => json!({ "error": "no incident has this id" }),
            Err(error) => json!({ "error": error.to_string() }),
        }
    }

    async fn analysed(&self, incident_id: &str) -> Result<Option<Analysis>, StoreError> {
        let Context { store, analyst, clock, .. } = &self.ingest.flow.context;
        let (Some(incident), Some(analyst)) = (store.incident(incident_id).await?, analyst) else { return Ok(None) };
        let history = match function_of(&incident) {
            Some(function) => self.snapshots.history(function).await,
            None => None,
        };
        let asked = Asked {
            incident: &incident,
            history: history.as_ref(),
            event: None,
            opened: None,
            now: clock.now().seconds,
        };
        let analysis = analyst.analyse(asked).await.analysis;
        Ok(store.keep_analysis(incident_id, &analysis).await?.then_some(analysis))
    }

    async fn snapshot(&self, function: &str) -> Value {
        json!(self.snapshots.of(function, self.ingest.flow.context.clock.now().seconds).await)
    }

    /// Records which functions fail, if an alarm on all of them is on.
    async fn watch_functions(&self) -> Result<(), HandlerError> {
        let Ingest { flow, loaded, .. } = &self.ingest;
        let found = self.functions.find(flow.context.clock.now().seconds).await?;
        let reports: Vec<_> = found.reports().to_vec();
        let observed = reports.iter().map(|report| self.functions.observation(report));
        let events: Vec<_> = observed.map(|seen| Classification::of(seen, &loaded.rules)).collect();
        let (mut recorded, mut failed) = (Vec::new(), None);
        for (report, result) in reports.into_iter().zip(flow.handle_all(&events).await) {
            match result {
                Ok(()) => recorded.push(report),
                Err(error) => failed = Some(error),
            }
        }
        self.functions.keep(found, &recorded).await?;
        failed.map_or(Ok(()), Err)
    }

    /// Sweeps, unless this handler did so recently or cannot now. The events of this invocation are already handled, so
    /// an error of the sweep does not fail the invocation.
    async fn sweep_if_due(&self) {
        let flow = &self.ingest.flow;
        if flow.breaker.is_tripped() {
            return;
        }
        let now = flow.context.clock.now().seconds;
        if now - self.swept_at.swap(now, Ordering::Relaxed) < SWEEP_SECONDS {
            return;
        }
        if let Err(error) = flow.sweep().await {
            log::line("sweep-failed", json!({ "error": error.to_string() }));
        }
    }

    async fn self_check(&self) -> SelfCheck {
        let Ingest { flow, loaded, .. } = &self.ingest;
        let now = flow.context.clock.now().seconds;
        self_check::run(loaded, &flow.context.settings, &flow.context.store, &flow.context.notifier, now).await
    }
}
