//! How an invocation ended, and what is said of it. Pure.

use bytes::Bytes;

use super::failure::Failure;
use super::report::Status;

/// How an initialisation or an invocation ended.
pub(super) enum Ending {
    /// The function's answer.
    Response(Bytes),
    /// The function's own report.
    Error(Bytes),
    /// The function's own report that it cannot start.
    InitError { body: Bytes, error_type: String },
    /// What Lambda says of a process that did not answer.
    Failed(Failure),
}

impl Ending {
    /// What the `REPORT` line says.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Response(_) | Self::Error(_) => Status::Success,
            Self::Failed(Failure::TimedOut(_)) => Status::Timeout,
            Self::InitError { .. } | Self::Failed(_) => {
                Status::Error(self.error_type().unwrap_or("Runtime.Unknown").to_owned())
            }
        }
    }

    /// The error type, unless the function itself has spoken.
    pub(super) fn error_type(&self) -> Option<&str> {
        match self {
            Self::Response(_) | Self::Error(_) => None,
            Self::InitError { error_type, .. } => Some(error_type),
            Self::Failed(failure) => Some(failure.error_type()),
        }
    }

    /// What the caller gets.
    pub(super) fn payload(self, request_id: &str) -> Bytes {
        match self {
            Self::Response(body) | Self::Error(body) | Self::InitError { body, .. } => body,
            Self::Failed(failure) => failure.payload(request_id),
        }
    }
}
