//! A script of steps: every one can fail, lose its answer, or be the last one of an invocation.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Notify;

/// What happens at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is refused.
    Refused,
    /// Another invocation changed the same items.
    Conflict,
    /// It is throttled.
    Throttled,
    /// It is refused for what it says, which no repetition changes.
    Invalid,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// The invocation dies before it.
    CrashBefore,
    /// The invocation dies after it.
    CrashAfter,
}

impl Fault {
    /// All that can happen to any step.
    pub(super) const ALL: [Self; 6] =
        [Self::Refused, Self::Conflict, Self::Throttled, Self::AnswerLost, Self::CrashBefore, Self::CrashAfter];
}

/// Counts the steps of an invocation and lets one of them go wrong.
#[derive(Default)]
pub(super) struct Script {
    steps: Cell<usize>,
    planned: Cell<Option<(usize, Fault)>>,
    pub(super) broken: Cell<bool>,
    pub(super) round_trip: Cell<Duration>,
    died: Notify,
}

impl Script {
    /// Makes a step fail, counted from 0 from now on.
    pub(super) fn plan(&self, step: usize, fault: Fault) {
        self.steps.set(0);
        self.planned.set(Some((step, fault)));
    }

    /// Stops all faults, and counts from 0.
    pub(super) fn clear(&self) {
        self.steps.set(0);
        self.planned.set(None);
        self.broken.set(false);
    }

    /// The number of steps.
    pub(super) fn steps(&self) -> usize {
        self.steps.get()
    }

    /// Makes every call of the table fail.
    pub(super) fn break_table(&self) {
        self.broken.set(true);
    }

    /// Makes every step take this long, on the runtime's clock. A transaction holds what it counts on meanwhile.
    pub(super) fn take(&self, round_trip: Duration) {
        self.round_trip.set(round_trip);
    }

    /// Ends when the invocation has died.
    pub(super) async fn death(&self) {
        self.died.notified().await;
    }

    /// Lets others run, does the step, and whatever is planned for it.
    pub(super) async fn step<T, E>(
        &self,
        error: impl FnOnce(Fault) -> E,
        action: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self.round_trip.get() {
            Duration::ZERO => tokio::task::yield_now().await,
            round_trip => tokio::time::sleep(round_trip).await,
        }
        let step = self.steps.replace(self.steps.get() + 1);
        let fault = self.planned.get().filter(|(planned, _)| *planned == step).map(|(_, fault)| fault);
        match fault {
            None => action(),
            Some(fault @ (Fault::Refused | Fault::Conflict | Fault::Throttled | Fault::Invalid)) => Err(error(fault)),
            Some(Fault::AnswerLost) => action().and(Err(error(Fault::AnswerLost))),
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::CrashAfter) => {
                let _ = action();
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}
