//! Which incidents are about throttled calls.

use super::signs::{CONCURRENCY, has};
use crate::function_metrics;
use crate::incident::Incident;

/// Whether an incident is about calls of a function that were throttled before they began. What a function itself reports of
/// another service's throttling is not that.
pub fn is_throttled(incident: &Incident) -> bool {
    let Incident { error_type, error_message, .. } = incident;
    let stated = format!("{} {error_type} {error_message}", incident.resource).to_lowercase();
    match incident.source.as_str() {
        "lambda" => has(&stated, CONCURRENCY),
        "cloudwatch" | function_metrics::SOURCE => has(&stated, &["throttles", "throttled"]),
        _ => false,
    }
}
