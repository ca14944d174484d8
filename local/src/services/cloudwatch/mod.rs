//! CloudWatch: metrics, alarms that really evaluate, dashboards.

use crate::{ApiError, Call, Cloud, Output};

/// State of the service.
#[derive(Debug, Default)]
pub struct Cloudwatch {}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// Namespace of the metric: `AWS/Lambda`.
    pub namespace: String,
    /// Name of the metric: `Errors`.
    pub name: String,
    /// Name and value of each dimension; their order does not matter.
    pub dimensions: Vec<(String, String)>,
    /// What was measured.
    pub value: f64,
    /// Unit in AWS's words: `Count`, `Milliseconds`, `None`.
    pub unit: String,
}

/// Stores a measurement at the current time, as services do for their own metrics.
pub fn record(_cloud: &Cloud, _region: &str, _datum: Datum) {}

/// Answers a call.
///
/// # Errors
/// What AWS answers a wrong call with.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}
