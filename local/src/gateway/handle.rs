//! The control API for a program that embeds the local AWS.

use std::sync::Arc;

use serde_json::Value;

use super::faults::Rule;
use super::{RecordedCall, State};
use crate::history;
use crate::services::dynamodb::{self, ConsumedTotal};
use crate::{HistoryError, InFlight};

/// A handle on an embedded local AWS. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    state: Arc<State>,
}

impl Handle {
    pub(super) fn of(state: &Arc<State>) -> Self {
        Self { state: Arc::clone(state) }
    }

    /// Replaces the fault rules and resets their counts.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.state.faults.set(rules);
    }

    /// The fault rules, each with its number of matching calls.
    pub fn faults(&self) -> Vec<(Rule, u64)> {
        self.state.faults.list()
    }

    /// Completes when a fault rule makes a call hang.
    pub async fn until_a_call_hangs(&self) {
        self.state.faults.until_one_hangs().await;
    }

    /// Number of open connections.
    pub fn connections(&self) -> &InFlight {
        &self.state.connections.open
    }

    /// Bytes of request bodies held at the moment.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.state.connections.bytes()
    }

    /// Completes when no call and no delivery is in flight.
    pub async fn until_idle(&self) {
        self.state.cloud.work.until(0).await;
    }

    /// The recorded calls, oldest first.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.state.calls.list()
    }

    /// Clears the recorded calls.
    pub fn forget_calls(&self) {
        self.state.calls.clear();
    }

    /// What DynamoDB's operations have consumed since the start, by region, table, index and operation.
    pub fn consumed(&self) -> Vec<ConsumedTotal> {
        dynamodb::consumed_totals(&self.state.cloud)
    }

    /// Brings what happened before into a region, as `PUT /_local/history` does.
    ///
    /// # Errors
    /// When it is not understood, or speaks of a function that does not exist. Nothing has changed then.
    pub fn bring_in(&self, region: &str, history: &Value) -> Result<(), HistoryError> {
        history::bring_in(&self.state.cloud, region, history.to_string().as_bytes())
    }

    /// Requests a stop.
    pub fn stop(&self) {
        self.state.stop.notify_one();
    }
}
