//! Alarms that scale. Autoscaling makes and changes them by itself, and being in ALARM is what they are for: half of them
//! are on as long as there is little to do.

/// How target tracking describes its alarms, for EC2 groups and for what Application Auto Scaling scales.
const TARGET_TRACKING: &str = "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ";
/// How Elastic Beanstalk describes the two of an environment's group.
const BEANSTALK: &[&str] = &["ElasticBeanstalk Default Scale Up alarm", "ElasticBeanstalk Default Scale Down alarm"];
/// What stands between the target and the id in a name of target tracking: `TargetTracking-table/orders-AlarmHigh-` and
/// the id; DynamoDB has two more for the capacity that it takes away and gives.
const SIDES: &[&str] = &["-AlarmHigh-", "-AlarmLow-", "-ProvisionedCapacityHigh-", "-ProvisionedCapacityLow-"];

/// Whether autoscaling made an alarm. A person's alarm on the same metric may be named alike, but hardly with an id, and
/// describes itself in other words.
pub(super) fn is_own_alarm(name: &str, description: &str) -> bool {
    let description = description.trim();
    let is_named = name.strip_prefix("TargetTracking-").is_some_and(has_side_and_id);
    match description {
        "" => is_named,
        _ => description.starts_with(TARGET_TRACKING) || BEANSTALK.contains(&description),
    }
}

fn has_side_and_id(rest: &str) -> bool {
    SIDES.iter().filter_map(|side| rest.rsplit_once(side)).any(|(target, id)| !target.is_empty() && is_uuid(id))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autoscalings_own_alarms_are_told_from_those_of_people() {
        const ID: &str = "9b2c3f1e-1111-2222-3333-444455556666";
        let policy = format!("{TARGET_TRACKING}arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:{ID}");
        for (name, description) in [
            (format!("TargetTracking-service/prod/web-AlarmLow-{ID}"), ""),
            (format!("TargetTracking-web-asg-AlarmHigh-{ID}"), policy.as_str()),
            (format!("TargetTracking-table/orders-ProvisionedCapacityLow-{ID}"), ""),
            (format!("TargetTracking-table/orders/index/by-day-ProvisionedCapacityHigh-{ID}"), policy.as_str()),
            ("orders-AlarmHigh".to_owned(), policy.as_str()),
            ("awseb-e-abc-stack-AWSEBCloudwatchAlarmLow-1ABC".to_owned(), "ElasticBeanstalk Default Scale Down alarm"),
        ] {
            assert!(is_own_alarm(&name, description), "{name}: {description}");
        }
        for (name, description) in [
            (
                format!("TargetTracking-orders-AlarmHigh-{ID}"),
                "Orders wait too long. Runbook: https://wiki.example.com/orders",
            ),
            ("TargetTracking-orders-AlarmHigh".to_owned(), ""),
            ("TargetTracking-AlarmHigh-of-the-warehouse".to_owned(), ""),
            (format!("TargetTracking-orders-{ID}"), ""),
            (format!("orders-AlarmHigh-{ID}"), ""),
            ("orders-ProvisionedCapacityHigh".to_owned(), "DO NOT EDIT OR DELETE. Pages the team."),
            ("cpu".to_owned(), ""),
        ] {
            assert!(!is_own_alarm(&name, description), "{name}: {description}");
        }
    }
}
