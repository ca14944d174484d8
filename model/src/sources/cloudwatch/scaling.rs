//! Scaling alarms. Autoscaling creates and updates them, and ALARM is a normal state: half of them are in ALARM
//! whenever load is low.

/// Description of target tracking's alarms, for EC2 groups and Application Auto Scaling.
const TARGET_TRACKING: &str = "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ";
/// Descriptions of the two alarms of an Elastic Beanstalk environment.
const BEANSTALK: &[&str] = &["ElasticBeanstalk Default Scale Up alarm", "ElasticBeanstalk Default Scale Down alarm"];
/// The part between target and id in the names of target tracking: `TargetTracking-table/orders-AlarmHigh-` and the id;
/// DynamoDB has two more for decreases and increases of capacity.
const SIDES: &[&str] = &["-AlarmHigh-", "-AlarmLow-", "-ProvisionedCapacityHigh-", "-ProvisionedCapacityLow-"];

/// Whether autoscaling created an alarm. A user's alarm on the same metric may have a similar name, but hardly an id,
/// and another description.
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
    fn autoscaling_alarms_are_distinguished_from_others() {
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
