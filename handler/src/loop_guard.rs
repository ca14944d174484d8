//! Keeps the alert path's own failures out of the handler: a handler that fails on its own failure would loop. The
//! rules already exclude them; this is the second line of defence.

use incident_model::function_metrics::SOURCE;
use incident_model::{FunctionMetric, Observation, alarms};
use serde_json::Value;

use crate::settings::Settings;

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
/// reports these by function. Names count in this stack's account and region only, and whole: another function may have a
/// longer one.
pub fn is_own(observation: &Observation, settings: &Settings) -> bool {
    let Settings { function, stack, .. } = settings;
    let text = |name: &str| observation.attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_of_all =
        |alarm: &str| FunctionMetric::ALL.into_iter().any(|metric| alarms::of_functions(stack, metric) == alarm);
    settings.is_here(&observation.account, &observation.region)
        && match observation.source.as_str() {
            "lambda" | SOURCE => observation.resource == *function,
            "cloudwatch" => {
                text("function") == function
                    || (text("function").is_empty() && is_of_all(text("alarm")))
                    || text("alarm").strip_prefix(&format!("{stack}-")).is_some_and(|alarm| OWN_ALARMS.contains(&alarm))
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use incident_model::{Rules, RulesError, classify};
    use serde_json::json;

    use super::*;

    fn own(event: &Value) -> Result<bool, RulesError> {
        let seen = classify(event, &Rules::defaults()?).unwrap_or_default();
        Ok(seen.first().is_some_and(|event| is_own(&event.observation, &Settings::of_devops())))
    }

    #[test]
    fn a_name_is_whole_and_of_this_account_and_region() -> Result<(), RulesError> {
        const HERE: &str = "eu-west-1:111111111111";
        for (place, function, expected) in [
            (HERE, "devops-incident-handler", true),
            (HERE, "devops-incident-handler:$LATEST", true),
            (HERE, "devops-incident-handler:live", true),
            (HERE, "devops-incident-handlerX:$LATEST", false),
            (HERE, "devops-incident-handler-backup:$LATEST", false),
            (HERE, "my-devops-incident-handler:$LATEST", false),
            ("us-east-1:111111111111", "devops-incident-handler:$LATEST", false),
            ("eu-west-1:222222222222", "devops-incident-handler:$LATEST", false),
        ] {
            let (region, account) = place.split_once(':').unwrap_or_default();
            let failure = json!({
                "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
                "account": account, "region": region,
                "detail": {"requestContext": {"functionArn": format!("arn:aws:lambda:{place}:function:{function}")}},
            });
            assert_eq!(own(&failure)?, expected, "{failure}");
        }
        Ok(())
    }

    #[test]
    fn an_alarm_is_whole_and_of_this_account_too() -> Result<(), RulesError> {
        for (account, alarm, expected) in [
            ("111111111111", "devops-handler-errors", true),
            ("111111111111", "devops-function-errors", true),
            ("111111111111", "devops-handler-errorsX", false),
            ("111111111111", "team-devops-handler-errors", false),
            ("222222222222", "devops-handler-errors", false),
            ("222222222222", "devops-function-errors", false),
        ] {
            let event = json!({
                "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
                "account": account, "region": "eu-west-1",
                "detail": {"alarmName": alarm, "state": {"value": "ALARM"}},
            });
            assert_eq!(own(&event)?, expected, "{event}");
        }
        Ok(())
    }
}
