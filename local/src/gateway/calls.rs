//! What was called: the fault tests list it, then break each call in turn.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The oldest calls make room for new ones beyond this many.
const KEPT: usize = 10_000;

/// One call that was answered, or dropped.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedCall {
    /// Signing name of the service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// ARN of what was called for, as IAM policies name it; `*` where they name nothing.
    pub resource: String,
    /// The permissions that the call takes.
    pub needs: Vec<RecordedNeed>,
    /// HTTP status; null when the connection was dropped.
    pub status: Option<u16>,
    /// ARN of the caller.
    pub principal: String,
    /// The id that the reply carried.
    pub request_id: String,
    /// Milliseconds since 1970 at the time of the reply.
    pub at: i64,
}

/// One permission that a call takes.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedNeed {
    /// The IAM action.
    pub action: String,
    /// ARN of what it is done to, or `*`.
    pub resource: String,
}

/// The recorded calls, oldest first.
#[derive(Debug, Default)]
pub(super) struct Calls {
    recorded: Mutex<VecDeque<RecordedCall>>,
}

impl Calls {
    pub(super) fn record(&self, call: RecordedCall) {
        let mut recorded = self.lock();
        if recorded.len() == KEPT {
            recorded.pop_front();
        }
        recorded.push_back(call);
    }

    pub(super) fn list(&self) -> Vec<RecordedCall> {
        self.lock().iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RecordedCall>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
