//! The alert path's own failures. They must not come back to the handler: a handler that fails on its own failure would
//! never stop. The rules already leave them out; this is the second lock.

use incident_model::{Observation, Unreadable, read};
use serde_json::Value;

/// Alarms on the alert path itself, without the stack's name. They mail directly.
const OWN_ALARMS: &[&str] = &["rule-dlq-depth", "handler-dlq-depth", "handler-errors", "alert-delivery"];

/// Whether an observation is about this function or an alarm on the alert path.
pub fn is_own(observation: &Observation, function: &str, stack: &str) -> bool {
    let text = |name: &str| observation.attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    match observation.source.as_str() {
        "lambda" => observation.resource == function,
        "cloudwatch" => {
            text("function") == function
                || text("alarm").strip_prefix(&format!("{stack}-")).is_some_and(|alarm| OWN_ALARMS.contains(&alarm))
        }
        _ => false,
    }
}

/// The event inside a message that was put back from the handler's own dead-letter queue: Lambda's record of the
/// handler's failure, in an SQS message. Nothing for any other delivery.
///
/// # Errors
/// Never for a delivery that is no such message.
pub fn redriven(delivery: &Value, function: &str) -> Result<Vec<Value>, Unreadable> {
    let records = delivery.pointer("/Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let bodies = records.iter().filter_map(|record| record.get("body").and_then(Value::as_str));
    let mut payloads = Vec::new();
    for body in bodies.filter(|body| body.contains(function) && body.contains("requestPayload")) {
        let record = read(body.as_bytes())?;
        let arn = record.pointer("/requestContext/functionArn").and_then(Value::as_str).unwrap_or_default();
        if arn.split(':').nth(6) == Some(function) {
            payloads.extend(record.get("requestPayload").cloned());
        }
    }
    Ok(payloads)
}
