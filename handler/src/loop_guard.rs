//! Keeps the alert path's own failures out of the handler: a handler that fails on its own failure would loop. The
//! rules already exclude them; this is the second line of defence.

use incident_model::function_metrics::SOURCE;
use incident_model::{FunctionMetric, Observation, alarms};
use serde_json::Value;

/// Alarms on the alert path itself, without the stack's name. They mail directly.
const OWN_ALARMS: &[&str] = &[
    "rule-dlq-depth",
    "handler-dlq-depth",
    "not-recorded",
    "events-depth",
    "events-age",
    "handler-errors",
    "alert-delivery",
];

/// Whether an observation is about this function, an alarm on the alert path, or one on all functions together: the sweep
/// reports these by function.
pub fn is_own(observation: &Observation, function: &str, stack: &str) -> bool {
    let text = |name: &str| observation.attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_of_all =
        |alarm: &str| FunctionMetric::ALL.into_iter().any(|metric| alarms::of_functions(stack, metric) == alarm);
    match observation.source.as_str() {
        "lambda" | SOURCE => observation.resource == function,
        "cloudwatch" => {
            text("function") == function
                || (text("function").is_empty() && is_of_all(text("alarm")))
                || text("alarm").strip_prefix(&format!("{stack}-")).is_some_and(|alarm| OWN_ALARMS.contains(&alarm))
        }
        _ => false,
    }
}
