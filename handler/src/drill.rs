//! Drills: failures that `incidentctl trigger-test` requests from the stack's own generator. Callers control a
//! function's payload, so drill ids in the payloads of other functions are ignored.

use incident_model::Observation;
use serde_json::Value;

use crate::settings::Settings;

/// The observation, without a drill id unless the stack's generator reported it.
pub(crate) fn genuine(seen: Observation, settings: &Settings) -> Observation {
    let function = seen.attributes.get("function_arn").and_then(Value::as_str).unwrap_or_default();
    let is_genuine = seen.source == "lambda" && settings.is_generator(function);
    Observation { drill: seen.drill.filter(|_| is_genuine), ..seen }
}
