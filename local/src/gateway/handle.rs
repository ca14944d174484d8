//! What `/_local/…` offers, for a program that runs the local AWS in its own process.

use std::sync::Arc;

use super::faults::Rule;
use super::{RecordedCall, State};

/// A hold on a local AWS that runs in this process. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    state: Arc<State>,
}

impl Handle {
    pub(super) fn of(state: &Arc<State>) -> Self {
        Self { state: Arc::clone(state) }
    }

    /// Replaces the fault rules and starts counting anew.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.state.faults.set(rules);
    }

    /// The fault rules, each with the number of calls that matched it.
    pub fn faults(&self) -> Vec<(Rule, u64)> {
        self.state.faults.list()
    }

    /// Returns when a fault rule lets a call hang.
    pub async fn until_a_call_hangs(&self) {
        self.state.faults.until_one_hangs().await;
    }

    /// How many connections are open and calls are being performed.
    pub fn ongoing(&self) -> usize {
        self.state.calls.ongoing()
    }

    /// Returns when at most so many are: all that a client, which is gone by then, had asked for has been done.
    pub async fn until_ongoing(&self, most: usize) {
        self.state.calls.until_ongoing(most).await;
    }

    /// The calls that were answered or dropped, oldest first.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.state.calls.list()
    }

    /// Forgets the calls.
    pub fn forget_calls(&self) {
        self.state.calls.clear();
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.state.stop.notify_one();
    }
}
