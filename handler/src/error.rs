//! Why an invocation failed.

use incident_model::Unreadable;
use lambda_runtime::Diagnostic;
use serde_json::Value;

use crate::notify::NotifyError;
use crate::store::StoreError;

/// Why an invocation failed. Lambda retries it, then moves the event to the handler's dead-letter queue.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HandlerError {
    /// The delivery contains no event.
    #[error("no event: {0}")]
    Unreadable(#[from] Unreadable),
    /// The failure, or its notification, could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SNS rejected the mail.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The self-check of a sweep found a problem. The error raises the alarm on the handler's errors.
    #[error("the self-check of a sweep failed: {0}")]
    Unhealthy(Value),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::Unreadable(_) => "UnreadableEvent",
            HandlerError::Store(_) => "NotRecorded",
            HandlerError::Notify(_) => "NotNotified",
            HandlerError::Unhealthy(_) => "SelfCheckFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
