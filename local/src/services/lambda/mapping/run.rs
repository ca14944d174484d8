//! What outlives one poller of a mapping: its batches in flight and the concurrency it has reached.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::scaling::Scaling;
use crate::Clock;

/// How often a saturated mapping looks whether it may process more batches, on AWS's clock.
const GROWTH_INTERVAL: Duration = Duration::from_secs(1);

/// The running state of a mapping.
#[derive(Debug)]
pub(super) struct Run {
    /// The number of the current poller: the others end.
    version: watch::Sender<u64>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    scaling: Scaling,
    in_flight: usize,
}

/// The place of one batch, free again when dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<Run>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
        self.0.freed.notify_one();
    }
}

impl Run {
    pub(super) fn new(maximum_concurrency: Option<u32>) -> Self {
        let state = State { scaling: Scaling::new(maximum_concurrency), in_flight: 0 };
        Self { version: watch::Sender::new(0), state: Mutex::new(state), freed: Notify::new() }
    }

    /// Ends the current poller and returns the next one's number.
    pub(super) fn supersede(&self) -> u64 {
        let mut next = 0;
        self.version.send_modify(|version| {
            *version += 1;
            next = *version;
        });
        next
    }

    /// Whether a poller is still the current one.
    pub(super) fn is_current(&self, version: u64) -> bool {
        *self.version.borrow() == version
    }

    /// Completes when a poller is no longer the current one.
    pub(super) async fn superseded(&self, version: u64) {
        // The channel cannot close while `self` holds the sender.
        let _ = self.version.subscribe().wait_for(|current| *current != version).await;
    }

    /// Sets the maximum concurrency.
    pub(super) fn limit(&self, maximum_concurrency: Option<u32>) {
        self.state().scaling.limit(maximum_concurrency);
    }

    /// Changes the concurrency after an event.
    pub(super) fn scale(&self, change: impl FnOnce(&mut Scaling)) {
        change(&mut self.state().scaling);
    }

    /// Waits until another batch may be processed.
    pub(super) async fn slot(self: &Arc<Self>, clock: Clock) -> Slot {
        let mut waiting_since = Instant::now();
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            let can_grow = {
                let mut state = self.state();
                state.scaling.grow(clock.unscaled(waiting_since.elapsed()));
                waiting_since = Instant::now();
                if state.in_flight < state.scaling.allowed() {
                    state.in_flight += 1;
                    return Slot(Arc::clone(self));
                }
                state.scaling.can_grow()
            };
            match can_grow {
                true => _ = tokio::time::timeout(clock.scaled(GROWTH_INTERVAL), freed).await,
                false => freed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
