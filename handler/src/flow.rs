//! The path of an event through the handler: classify, record, send.

#[cfg(test)]
mod tests;

use incident_model::{Classification, Outcome};

use crate::breaker::Breaker;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::HandlerError;
use crate::notify::Notifier;
use crate::opened::Opened;
use crate::recovery::recovery;
use crate::settings::Settings;
use crate::store::Store;
use crate::sweep::Swept;
use crate::{concurrently, failures, groups, loop_guard, sweep};

/// Concurrent groups of failures. More would only contend for the same items.
const GROUPS_AT_ONCE: usize = 10;

/// Recording and sending, generic over store and notifier.
pub(crate) struct Flow<S, N> {
    pub(crate) context: Context<S, N>,
    /// Reset by the entry at each invocation.
    pub(crate) breaker: Breaker,
}

impl<S, N> Flow<S, N> {
    pub(crate) fn new(store: S, notifier: N, settings: Settings) -> Self {
        let context =
            Context { store, notifier, settings, clock: Clock::default(), analyst: None, opened: Opened::default() };
        Self { context, breaker: Breaker::default() }
    }
}

impl<S: Store, N: Notifier> Flow<S, N> {
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
        let handled = Box::pin(self.attempt(group)).await;
        if let Err(HandlerError::NotRecorded(error) | HandlerError::Store(error)) = &handled {
            self.breaker.trip(error);
        }
        handled
    }

    async fn attempt(&self, group: &[&Classification]) -> Result<(), HandlerError> {
        let Some(first) = group.first() else { return Ok(()) };
        if loop_guard::is_own(&first.observation, &self.context.settings) {
            self.context.ignored(first, "a failure of the alert path itself, which has alarms of its own");
            return Ok(());
        }
        match first.outcome {
            Outcome::Incident => self.failures(group).await,
            Outcome::Recovery => self.recovery(first).await,
            Outcome::Ignored if first.recovers() => self.recovery(first).await,
            Outcome::Ignored => {
                self.context.ignored(first, first.reason().unwrap_or_default());
                Ok(())
            }
        }
    }

    async fn failures(&self, group: &[&Classification]) -> Result<(), HandlerError> {
        self.breaker.permit().map_err(HandlerError::NotRecorded)?;
        failures::handle(&self.context, group, self.breaker.backoff()).await
    }

    async fn recovery(&self, event: &Classification) -> Result<(), HandlerError> {
        self.breaker.whole()?;
        recovery(&self.context, event).await
    }

    /// Sends what is due.
    pub(crate) async fn sweep(&self) -> Result<Swept, HandlerError> {
        sweep::sweep(&self.context).await
    }
}
