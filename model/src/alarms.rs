//! The alarms of a stack: names that the template, the handler and the command line share.

use crate::function_metrics::FunctionMetric;

/// Error type of a deleted alarm.
pub const DELETED: &str = "AlarmDeleted";

/// Name of a stack's alarm on a metric of all functions of the region together.
pub fn of_functions(stack: &str, metric: FunctionMetric) -> String {
    format!("{stack}-{}", suffix(metric))
}

/// Whether an alarm of the stack monitors functions rather than the alert path.
pub fn is_of_functions(name: &str) -> bool {
    FunctionMetric::ALL
        .into_iter()
        .any(|metric| name.strip_suffix(suffix(metric)).is_some_and(|rest| rest.ends_with('-')))
}

fn suffix(metric: FunctionMetric) -> &'static str {
    match metric {
        FunctionMetric::Errors => "function-errors",
        FunctionMetric::Throttles => "function-throttles",
        FunctionMetric::DestinationDeliveryFailures => "function-destinations",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_on_functions_is_known_by_its_name() {
        for metric in FunctionMetric::ALL {
            assert!(is_of_functions(&of_functions("devops", metric)), "{metric:?}");
        }
        for name in ["devops-handler-errors", "devops-rule-dlq-depth", "function-errors", "devops-function-errors-2"] {
            assert!(!is_of_functions(name), "{name}");
        }
    }
}
