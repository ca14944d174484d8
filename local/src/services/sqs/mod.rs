//! SQS: standard queues.

use crate::{ApiError, Call, Cloud, Output, Principal};

/// State of the service.
#[derive(Debug, Default)]
pub struct Sqs {}

/// Sends a message as another service or a caller does, and returns its id.
///
/// # Errors
/// `QueueDoesNotExist`, and `AccessDenied` when the queue's policy does not let a service principal send.
pub async fn send(
    _cloud: &Cloud,
    _queue_arn: &str,
    _body: String,
    _attributes: Vec<(String, String)>,
    _principal: Principal,
    _source_arn: Option<&str>,
) -> Result<String, ApiError> {
    Err(ApiError::not_implemented("sqs", "SendMessage"))
}

/// Answers a call.
///
/// # Errors
/// What AWS answers a wrong call with.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}
