//! Amazon CloudWatch Logs.

use crate::{ApiError, Call, Cloud, Output};

/// State of the service.
#[derive(Debug, Default)]
pub struct Logs {}

/// Answers one call.
///
/// # Errors
/// Whatever AWS refuses, with its code and message.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented("logs", &call.operation))
}

/// Adds events (milliseconds since 1970 and text) to a stream, which is made when absent.
///
/// # Errors
/// `ResourceNotFoundException` when the log group does not exist.
pub fn append(
    _cloud: &Cloud,
    _region: &str,
    _group: &str,
    _stream: &str,
    _events: Vec<(i64, String)>,
) -> Result<(), ApiError> {
    Err(ApiError::new("ResourceNotFoundException", "The specified log group does not exist."))
}

/// Whether a log group exists.
pub fn group_exists(_cloud: &Cloud, _region: &str, _group: &str) -> bool {
    false
}

/// Makes a log group that keeps its events for ever, as Lambda does.
///
/// # Errors
/// `ResourceAlreadyExistsException`, `InvalidParameterException`.
pub fn create_group(_cloud: &Cloud, _region: &str, _group: &str) -> Result<(), ApiError> {
    Err(ApiError::not_implemented("logs", "CreateLogGroup"))
}
