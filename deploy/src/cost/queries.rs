//! What the handler may spend to learn which functions fail.

use incident_model::AlertPolicy;
use serde_json::Value;

use crate::template::{Desired, Stack};

/// The budget of a month, in US dollars; 0 where no alarm on all functions, or no sweep, makes the handler ask.
pub(super) fn budget(stack: &Stack) -> f64 {
    let of_type = |name: &'static str| stack.resources.iter().filter(move |resource| resource.resource_type == name);
    let asks = of_type("AWS::CloudWatch::Alarm").any(is_of_all_functions)
        && of_type("AWS::Events::Rule").any(|rule| rule.properties.get("ScheduleExpression").is_some());
    let settings = |function: &Desired| {
        function.properties.pointer("/Environment/Variables/INCIDENT_ALERTS").and_then(Value::as_str).map(str::to_owned)
    };
    // The handler falls back to the defaults where its settings are invalid, too.
    let policy = of_type("AWS::Lambda::Function").find_map(settings);
    let policy: AlertPolicy = policy.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if asks { f64::from(policy.monthly_query_budget.cents()) / 100.0 } else { 0.0 }
}

/// Lambda's metrics without dimensions are those of all functions together.
fn is_of_all_functions(alarm: &Desired) -> bool {
    alarm.properties.get("Namespace").and_then(Value::as_str) == Some("AWS/Lambda")
        && alarm.properties.get("Dimensions").is_none()
}
