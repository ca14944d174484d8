//! Gives the table up for the rest of an invocation, once it has refused an event: what waits in the queue is tried
//! again later, and an invocation that waits meanwhile blocks what would succeed.

use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;
use crate::store::backoff::Backoff;

/// Codes of calls without an answer, each of which takes all the timeouts of the SDK's attempts.
const UNANSWERED: [&str; 2] = ["Timeout", "NotConnected"];

/// The first refusal of this invocation.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    refusal: Mutex<Option<StoreError>>,
}

impl Breaker {
    /// Trusts the table again, at the beginning of an invocation.
    pub(crate) fn reset(&self) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Remembers why an event could not be recorded. A conflict is about certain items, not about the table.
    pub(crate) fn trip(&self, error: &StoreError) {
        if *error != StoreError::Conflict {
            self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.clone());
        }
    }

    /// Whether the table may be called.
    ///
    /// # Errors
    /// The refusal, when a table that does not answer would use up the invocation.
    pub(crate) fn permit(&self) -> Result<(), StoreError> {
        match self.refusal() {
            Some(StoreError::Unusable { code, message }) if UNANSWERED.contains(&code.as_str()) => {
                Err(StoreError::Unusable { code, message })
            }
            _ => Ok(()),
        }
    }

    /// Whether the table refused nothing yet, for what has no patience of its own to shorten.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn whole(&self) -> Result<(), StoreError> {
        self.refusal().map_or(Ok(()), Err)
    }

    /// Whether the table refused an event.
    pub(crate) fn is_tripped(&self) -> bool {
        self.refusal().is_some()
    }

    /// The patience for the next event.
    pub(crate) fn backoff(&self) -> Backoff {
        if self.is_tripped() { Backoff::brief() } else { Backoff::default() }
    }

    fn refusal(&self) -> Option<StoreError> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
