//! What `/_local/…` offers, for a program that runs the local AWS in its own process.

use std::sync::Arc;

use super::faults::Rule;
use super::{RecordedCall, State};
use crate::InFlight;

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

    /// The open connections.
    pub fn connections(&self) -> &InFlight {
        &self.state.connections
    }

    /// Returns when no call is being performed and no message is on its way to a subscriber.
    pub async fn until_idle(&self) {
        self.state.cloud.work.until(0).await;
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
