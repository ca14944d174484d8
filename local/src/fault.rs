//! What a fault rule does to a call.

use serde::{Deserialize, Serialize};

/// The fault to inject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Throttles; the call has no effect.
    Throttle,
    /// HTTP 500; the call has no effect.
    InternalError,
    /// Returns this error; the call has no effect.
    #[serde(rename_all = "kebab-case")]
    Error {
        /// The AWS error code.
        code: String,
        /// Its message.
        message: String,
        /// Its HTTP status.
        status: u16,
    },
    /// Drops the connection; the call has no effect.
    DropBefore,
    /// Performs the call, then drops the connection.
    DropAfter,
    /// Hangs with the connection open; the call has no effect.
    HangBefore,
    /// Performs the call, then hangs with the connection open.
    HangAfter,
    /// `BatchGetItem` reads one item and leaves the other keys unprocessed; a batch of one fails as throttled, because
    /// a successful call has read something. Other operations are unaffected.
    Unprocessed,
    /// Cancels `TransactWriteItems` with these reason codes. Other operations are unaffected.
    Cancel {
        /// `None`, `ConditionalCheckFailed` and so on, one per write.
        reasons: Vec<String>,
    },
    /// Delays the call.
    Delay {
        /// The delay, not divided by the time scale.
        milliseconds: u64,
    },
}
