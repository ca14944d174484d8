//! Topic operations.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::errors::{self, required};
use super::policies::{check_policy, default_policy};
use super::state::{Sns, Topic};
use super::tags::tags_of;
use super::{page, text_map};
use crate::config::ACCOUNT;
use crate::{ApiError, Call, Output, arn};

/// Settable attributes. Feedback attributes are stored and returned; no delivery log is written.
const SETTABLE: [&str; 11] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
];
const FEEDBACK_ENDS: [&str; 3] = ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"];

/// Creates a topic, or returns the identical one.
pub(super) fn create(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let name = required(call, "Name")?;
    check_name(name)?;
    let attributes = text_map(&call.input, "Attributes");
    for (attribute, value) in &attributes {
        check_attribute(attribute, value).map_err(|error| match error {
            Refusal::Unknown => errors::invalid_attribute(format!("Unknown attribute {attribute}")),
            Refusal::Value(reason) => errors::invalid_attribute(reason),
        })?;
    }
    check_fifo(name, &attributes)?;
    let tags = tags_of(call)?;
    let arn = arn::local("sns", &call.region, name);
    let mut topics = sns.topics();
    match topics.get(&arn) {
        Some(existing) => check_same(existing, &attributes, &tags)?,
        None => {
            topics.insert(arn.clone(), Topic::new(arn.clone(), attributes, tags));
        }
    }
    Ok(Output::structure([("TopicArn", Some(arn.into()))]))
}

/// Letters, digits, hyphen and underscore, at most 256 in total; a FIFO topic ends in `.fifo`.
fn check_name(name: &str) -> Result<(), ApiError> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let legal = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if stem.is_empty() || name.len() > 256 || !stem.chars().all(legal) {
        return Err(errors::invalid("Topic Name"));
    }
    Ok(())
}

fn check_fifo(name: &str, attributes: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let wanted = attributes.get("FifoTopic").is_some_and(|value| value == "true");
    match (wanted, name.ends_with(".fifo")) {
        (true, false) => Err(errors::invalid(
            "Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of only uppercase and \
             lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
        )),
        (false, true) => Err(errors::invalid("Topic Name")),
        _ => Ok(()),
    }
}

fn check_same(
    existing: &Topic,
    attributes: &BTreeMap<String, String>,
    tags: &IndexMap<String, String>,
) -> Result<(), ApiError> {
    let unchanged = |(name, value): (&String, &String)| match existing.attributes.get(name) {
        Some(current) => current == value || same_json(current, value),
        None => value.is_empty(),
    };
    if !attributes.iter().all(unchanged) {
        return Err(errors::invalid_attribute("Topic already exists with different attributes"));
    }
    if !tags.iter().all(|(key, value)| existing.tags.get(key) == Some(value)) {
        return Err(errors::invalid("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}

fn same_json(left: &str, right: &str) -> bool {
    matches!((serde_json::from_str::<Value>(left), serde_json::from_str::<Value>(right)), (Ok(left), Ok(right)) if left == right)
}

/// Deletes a topic and all its subscriptions, pending ones included; deleting a missing topic succeeds.
pub(super) fn delete(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let arn = required(call, "TopicArn")?;
    super::state::check_arn("TopicArn", arn)?;
    sns.topics().remove(arn);
    Ok(Output::empty())
}

pub(super) fn list(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let region = format!("arn:aws:sns:{}:", call.region);
    let arns = sns.topics().keys().filter(|arn| arn.starts_with(&region)).cloned().collect();
    let (arns, next) = page(arns, call)?;
    let topics = arns.into_iter().map(|arn| Output::structure([("TopicArn", Some(arn.into()))])).collect();
    Ok(Output::structure([("Topics", Some(Output::List(topics))), ("NextToken", next.map(Into::into))]))
}

pub(super) fn attributes(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    sns.with_topic(required(call, "TopicArn")?, |topic| {
        Ok(Output::structure([("Attributes", Some(Output::string_map(effective_attributes(topic))))]))
    })
}

/// The set attributes, with AWS's defaults for the rest.
fn effective_attributes(topic: &Topic) -> BTreeMap<String, String> {
    let confirmed = topic.subscriptions.iter().filter(|subscription| subscription.is_confirmed()).count();
    let pending = topic.subscriptions.len() - confirmed;
    let mut attributes = BTreeMap::from(
        [
            ("TopicArn", topic.arn.clone()),
            ("Owner", ACCOUNT.to_owned()),
            ("DisplayName", String::new()),
            ("Policy", default_policy(&topic.arn)),
            ("EffectiveDeliveryPolicy", default_delivery_policy()),
            ("SubscriptionsConfirmed", confirmed.to_string()),
            ("SubscriptionsPending", pending.to_string()),
            ("SubscriptionsDeleted", topic.deleted.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if topic.is_fifo() {
        attributes.insert("ContentBasedDeduplication".to_owned(), "false".to_owned());
    }
    let set = topic.attributes.iter().filter(|(_, value)| !value.is_empty());
    attributes.extend(set.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(delivery) = topic.attributes.get("DeliveryPolicy").filter(|value| !value.is_empty()) {
        attributes.insert("EffectiveDeliveryPolicy".to_owned(), delivery.clone());
    }
    attributes
}

fn default_delivery_policy() -> String {
    json!({"http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
            "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"
        },
        "disableSubscriptionOverrides": false,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}
    }})
    .to_string()
}

pub(super) fn set_attribute(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let name = required(call, "AttributeName")?;
    let value = call.input.text("AttributeValue").unwrap_or_default();
    sns.with_topic(required(call, "TopicArn")?, |topic| {
        check_attribute(name, value).map_err(|error| match error {
            Refusal::Unknown => errors::invalid("AttributeName"),
            Refusal::Value(reason) => errors::invalid(reason),
        })?;
        if name == "FifoTopic" {
            return Err(errors::invalid("AttributeName"));
        }
        topic.attributes.insert(name.to_owned(), value.to_owned());
        Ok(Output::empty())
    })
}

enum Refusal {
    Unknown,
    Value(String),
}

fn check_attribute(name: &str, value: &str) -> Result<(), Refusal> {
    if !SETTABLE.contains(&name) && !FEEDBACK_ENDS.iter().any(|end| name.ends_with(end)) {
        return Err(Refusal::Unknown);
    }
    let one_of = |allowed: &[&str]| {
        if allowed.contains(&value) { Ok(()) } else { Err(Refusal::Value(format!("{name}: Invalid value [{value}]."))) }
    };
    match name {
        "Policy" if !value.is_empty() => check_policy(value).map_err(Refusal::Value),
        "DisplayName" if value.chars().count() > 100 => Err(Refusal::Value("DisplayName".to_owned())),
        "TracingConfig" => one_of(&["", "PassThrough", "Active"]),
        "SignatureVersion" => one_of(&["", "1", "2"]),
        "FifoTopic" | "ContentBasedDeduplication" => one_of(&["true", "false"]),
        "DeliveryPolicy" if !value.is_empty() && serde_json::from_str::<Value>(value).is_err() => {
            Err(Refusal::Value("DeliveryPolicy: JSON parsing failed".to_owned()))
        }
        _ => Ok(()),
    }
}
