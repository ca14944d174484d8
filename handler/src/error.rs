//! Why an event or an invocation was not handled.

use incident_model::Unreadable;
use lambda_runtime::Diagnostic;
use serde_json::Value;

use crate::functions::WatchError;
use crate::notify::NotifyError;
use crate::store::StoreError;

/// Why an event was not handled. Its message stays in the queue; an invocation with the event itself fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HandlerError {
    /// The delivery contains no event.
    #[error("no event: {0}")]
    Unreadable(#[from] Unreadable),
    /// The failure could not be recorded.
    #[error(transparent)]
    NotRecorded(StoreError),
    /// Something else could not be recorded: a recovery, a notice.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SNS rejected the mail.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The functions' metrics could not be read, so that failures may go unnoticed.
    #[error(transparent)]
    Functions(#[from] WatchError),
    /// The self-check of a sweep found a problem. The error raises the alarm on the handler's errors.
    #[error("the self-check of a sweep failed: {0}")]
    Unhealthy(Value),
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        let error_type = match &error {
            HandlerError::Unreadable(_) => "UnreadableEvent",
            HandlerError::NotRecorded(_) | HandlerError::Store(_) => "NotRecorded",
            HandlerError::Notify(_) => "NotNotified",
            HandlerError::Functions(_) => "FunctionsNotWatched",
            HandlerError::Unhealthy(_) => "SelfCheckFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
