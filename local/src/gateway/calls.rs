//! The call log: the fault tests list it, then break each call in turn.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::services::dynamodb::ConsumedUnits;

/// Capacity; the oldest calls are dropped beyond it.
const KEPT: usize = 10_000;

/// One call that was answered or dropped.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedCall {
    /// The service's signing name.
    pub service: String,
    /// The operation: `PutItem`.
    pub operation: String,
    /// ARN of the target, as IAM policies name it; `*` where the action has no resource.
    pub resource: String,
    /// The permissions the call requires.
    pub needs: Vec<RecordedNeed>,
    /// HTTP status; null when the connection was dropped.
    pub status: Option<u16>,
    /// The caller's ARN.
    pub principal: String,
    /// The request id in the reply.
    pub request_id: String,
    /// Milliseconds since 1970 at the time of the reply.
    pub at: i64,
    /// DynamoDB's read capacity units, of all tables and indexes together.
    pub read_units: f64,
    /// DynamoDB's write capacity units, of all tables and indexes together. A refused call may consume some.
    pub write_units: f64,
    /// The same by table and index.
    pub consumed: Vec<ConsumedUnits>,
}

/// One permission a call requires.
#[derive(Debug, Clone, Serialize)]
pub struct RecordedNeed {
    /// The IAM action.
    pub action: String,
    /// The target's ARN, or `*`.
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
