//! Drills: failures that `incidentctl trigger-test` asks the stack's own generator for. Whoever may invoke a function
//! chooses what its payload holds, so what another function's payload says of a drill counts for nothing.

use incident_model::Observation;
use serde_json::Value;

use crate::settings::Settings;

/// The observation without a drill that the stack's generator did not report.
pub(crate) fn genuine(seen: Observation, settings: &Settings) -> Observation {
    let function = seen.attributes.get("function_arn").and_then(Value::as_str).unwrap_or_default();
    let is_genuine = seen.source == "lambda" && settings.is_generator(function);
    Observation { drill: seen.drill.filter(|_| is_genuine), ..seen }
}
