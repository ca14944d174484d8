//! Queue attributes: names, valid values, defaults.

use std::collections::BTreeMap;

use crate::ApiError;
use crate::arn::Arn;
use crate::policy::Policy;

/// Settable attributes with defaults, and ranges of the numeric ones (SQS API reference, `SetQueueAttributes`).
const NUMERIC: [(&str, i64, i64, i64); 6] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
    ("KmsDataKeyReusePeriodSeconds", 300, 60, 86_400),
];

/// The defaults of a new queue.
pub(super) fn defaults() -> BTreeMap<String, String> {
    NUMERIC
        .iter()
        .filter(|(name, ..)| *name != "KmsDataKeyReusePeriodSeconds")
        .map(|(name, default, ..)| ((*name).to_owned(), default.to_string()))
        .chain([("SqsManagedSseEnabled".to_owned(), "true".to_owned())])
        .collect()
}

/// Rejects unknown attributes and invalid values.
pub(super) fn validate(attributes: &BTreeMap<String, String>) -> Result<(), ApiError> {
    attributes.iter().try_for_each(|(name, value)| validate_one(name, value))
}

fn validate_one(name: &str, value: &str) -> Result<(), ApiError> {
    let invalid = |detail: &str| {
        let reason = if detail.is_empty() { String::new() } else { format!(" Reason: {detail}") };
        ApiError::new("InvalidAttributeValue", format!("Invalid value for the parameter {name}.{reason}"))
    };
    if let Some((_, _, low, high)) = NUMERIC.iter().find(|(known, ..)| *known == name) {
        return match value.parse::<i64>() {
            Ok(number) if (*low..=*high).contains(&number) => Ok(()),
            _ => Err(invalid("")),
        };
    }
    match name {
        "Policy" if value.is_empty() => Ok(()),
        "Policy" => Policy::parse(value).map(drop).map_err(|_| invalid("")),
        "RedrivePolicy" if value.is_empty() => Ok(()),
        "RedrivePolicy" => {
            let (target, count) =
                super::redrive_target(value).ok_or_else(|| invalid("Redrive policy is not a valid JSON map."))?;
            let is_queue = Arn::parse(&target).is_some_and(|arn| arn.service == "sqs");
            if !is_queue || !(1..=1000).contains(&count) {
                return Err(invalid(""));
            }
            Ok(())
        }
        "RedriveAllowPolicy" if value.is_empty() => Ok(()),
        "RedriveAllowPolicy" => {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value).map(drop).map_err(|_| invalid(""))
        }
        "KmsMasterKeyId" => Ok(()),
        "SqsManagedSseEnabled" => value.parse::<bool>().map(drop).map_err(|_| invalid("")),
        "FifoQueue" if value == "false" => Err(ApiError::new("InvalidAttributeName", "Unknown Attribute FifoQueue.")),
        "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" => {
            Err(ApiError::not_implemented("sqs", "FIFO queues"))
        }
        _ => Err(ApiError::new("InvalidAttributeName", format!("Unknown Attribute {name}."))),
    }
}

/// Rejects a missing dead-letter queue, as `CreateQueue` and `SetQueueAttributes` do.
pub(super) fn check_redrive(
    attributes: &BTreeMap<String, String>,
    exists: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) else { return Ok(()) };
    match super::redrive_target(policy) {
        Some((target, _)) if exists(&target) => Ok(()),
        _ => Err(ApiError::new(
            "InvalidParameterValue",
            format!(
                "Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."
            ),
        )),
    }
}

/// Sets attributes; an empty document removes one. A KMS key and SQS-managed encryption are mutually exclusive.
pub(super) fn apply(current: &mut BTreeMap<String, String>, changes: BTreeMap<String, String>) {
    for (name, value) in changes {
        if value.is_empty() {
            current.remove(&name);
            continue;
        }
        match name.as_str() {
            "KmsMasterKeyId" => {
                current.insert("SqsManagedSseEnabled".to_owned(), "false".to_owned());
                current.entry("KmsDataKeyReusePeriodSeconds".to_owned()).or_insert_with(|| "300".to_owned());
            }
            "SqsManagedSseEnabled" if value == "true" => {
                current.remove("KmsMasterKeyId");
                current.remove("KmsDataKeyReusePeriodSeconds");
            }
            _ => {}
        }
        current.insert(name, value);
    }
}

/// Computed attributes.
pub(super) fn computed(queue: &mut super::queue::Queue) -> BTreeMap<String, String> {
    let counts = queue.backlog.counts(std::time::Instant::now());
    BTreeMap::from([
        ("QueueArn".to_owned(), queue.arn.clone()),
        ("ApproximateNumberOfMessages".to_owned(), counts.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible".to_owned(), counts.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed".to_owned(), counts.delayed.to_string()),
        ("CreatedTimestamp".to_owned(), queue.created.as_second().to_string()),
        ("LastModifiedTimestamp".to_owned(), queue.modified.as_second().to_string()),
    ])
}
