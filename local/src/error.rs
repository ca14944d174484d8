//! The error type of all operations.

/// An AWS API error: code and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The error code clients match on, such as `ResourceNotFoundException`.
    pub code: String,
    /// The message, in AWS's words.
    pub message: String,
    /// The HTTP status, such as 400.
    pub status: u16,
}

impl ApiError {
    /// An error with status 400, AWS's default for client errors.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400 }
    }

    /// The same error with a different HTTP status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The error for an unsupported operation.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        Self::new("NotImplemented", format!("the local AWS does not implement {service}:{operation}")).with_status(501)
    }
}
