//! The outcome of an invocation. Pure.

use bytes::Bytes;

use super::failure::Failure;
use super::report::Status;

/// Outcome of an initialisation or invocation.
pub(super) enum Ending {
    /// The function's response.
    Response(Bytes),
    /// The error the function reported.
    Error(Bytes),
    /// The initialisation error the function reported.
    InitError { body: Bytes, error_type: String },
    /// Lambda's own error for a process that did not respond.
    Failed(Failure),
}

impl Ending {
    /// The status in the `REPORT` line.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Response(_) | Self::Error(_) => Status::Success,
            Self::Failed(Failure::TimedOut(_)) => Status::Timeout,
            Self::InitError { .. } | Self::Failed(_) => {
                Status::Error(self.error_type().unwrap_or("Runtime.Unknown").to_owned())
            }
        }
    }

    /// The error type, unless the function reported its own.
    pub(super) fn error_type(&self) -> Option<&str> {
        match self {
            Self::Response(_) | Self::Error(_) => None,
            Self::InitError { error_type, .. } => Some(error_type),
            Self::Failed(failure) => Some(failure.error_type()),
        }
    }

    /// The caller's payload.
    pub(super) fn payload(self, request_id: &str) -> Bytes {
        match self {
            Self::Response(body) | Self::Error(body) | Self::InitError { body, .. } => body,
            Self::Failed(failure) => failure.payload(request_id),
        }
    }
}
