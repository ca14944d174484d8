//! A call that AWS refused, for work on which no alert depends.

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use incident_model::error_code::{bare, is_same};

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {message} ({code})")]
pub(crate) struct Refused {
    /// Service and operation, as policies name them: `lambda:ListFunctions`.
    pub(crate) call: &'static str,
    /// AWS's error code, or the kind of failure without an answer.
    pub(crate) code: String,
    /// AWS's message.
    pub(crate) message: String,
}

impl Refused {
    /// The failure of a call.
    pub(crate) fn of<E: ProvideErrorMetadata, R>(call: &'static str) -> impl Fn(SdkError<E, R>) -> Self {
        move |error| Self {
            call,
            code: error.code().unwrap_or(crate::store::kind(&error)).to_owned(),
            message: error.message().unwrap_or("no answer").to_owned(),
        }
    }

    /// Whether the role may not make the call. It takes a change by people until it may.
    pub(crate) fn is_denied(&self) -> bool {
        ["AccessDenied", "UnauthorizedOperation", "NotAuthorized"].contains(&bare(&self.code))
    }

    /// Whether the code means this error.
    pub(crate) fn is(&self, code: &str) -> bool {
        is_same(&self.code, code)
    }
}
