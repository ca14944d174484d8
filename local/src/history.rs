//! Brings the past into a local AWS, for tests: what its operations set to now, or do not take at all. The format is
//! that of `PUT /_local/history`.
//!
//! ```json
//! {
//!   "functions": [{"name": "orders", "last_modified": "2026-11-27T09:56:00Z", "next_version": 41,
//!                  "versions": {"40": "2026-11-20T09:00:00Z"}, "layers": ["arn:…"],
//!                  "vpc": {"vpc_id": "vpc-1", "subnets": ["subnet-1"], "security_groups": ["sg-1"]}}],
//!   "metrics": [{"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "orders"}, "unit": "Count",
//!                "values": [{"at": "2026-11-27T09:57:00Z", "value": 3},
//!                           {"at": "2026-11-27T09:58:00Z", "sum": 12, "count": 4, "min": 1, "max": 5},
//!                           {"from": "2026-11-26T07:00:00Z", "to": "2026-11-27T10:00:00Z", "value": 60}]}],
//!   "trail": [{"eventTime": "2026-11-27T09:56:00Z", "eventSource": "lambda.amazonaws.com",
//!              "eventName": "UpdateFunctionCode20150331v2", "requestParameters": {"functionName": "orders"}}],
//!   "executions": [{"arn": "arn:aws:states:…", "events": [{"timestamp": "2026-11-27T09:59:00Z", "type": "TaskFailed"}]}],
//!   "task_definitions": [{"family": "web", "revision": 7, "containerDefinitions": []}],
//!   "logs": [{"group": "/aws/lambda/orders", "stream": "a", "events": [{"at": "2026-11-27T09:59:58Z", "text": "…"}]}]
//! }
//! ```
//!
//! Every key can be left out, and an unknown one is an error. Everything is checked before anything changes; each history
//! adds to what is there. What it brings in can be read at once, whatever [`LatencyProfile`](crate::config::LatencyProfile)
//! says, and calls no one: no metric is measured in the log lines, no event is sent. Values from `from` up to `to` are one
//! for each minute.

use serde::Deserialize;

use crate::Cloud;
use crate::past::HistoryError;
use crate::services::{cloudtrail, cloudwatch, ecs, lambda, logs, states};

/// What happened before.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct History {
    functions: Vec<lambda::PastFunction>,
    metrics: Vec<cloudwatch::PastMetric>,
    trail: Vec<serde_json::Map<String, serde_json::Value>>,
    executions: Vec<states::PastExecution>,
    task_definitions: Vec<serde_json::Map<String, serde_json::Value>>,
    logs: Vec<logs::PastStream>,
}

/// Brings a history, in JSON, into a region.
///
/// # Errors
/// When it is not understood, or speaks of a function that does not exist. Nothing has changed then.
pub(crate) fn bring_in(cloud: &Cloud, region: &str, json: &[u8]) -> Result<(), HistoryError> {
    let History { functions, metrics, trail, executions, task_definitions, logs } = serde_json::from_slice(json)?;
    let metrics = metrics.into_iter().map(|metric| metric.prepare(region)).collect::<Result<Vec<_>, _>>()?;
    let trail = trail.into_iter().map(|record| cloudtrail::past(region, record)).collect::<Result<Vec<_>, _>>()?;
    let executions = executions.into_iter().map(states::PastExecution::prepare).collect::<Result<Vec<_>, _>>()?;
    let definitions =
        task_definitions.into_iter().map(|one| ecs::prepare(region, one)).collect::<Result<Vec<_>, _>>()?;
    logs.iter().try_for_each(logs::PastStream::check)?;
    // The only part whose success depends on what is there.
    lambda::bring_in(cloud, region, &functions)?;
    cloudwatch::bring_in(cloud, metrics);
    cloudtrail::bring_in(cloud, trail);
    states::bring_in(cloud, executions);
    ecs::bring_in(cloud, definitions);
    logs::bring_in(cloud, region, logs);
    Ok(())
}
