//! Topics: their life, attributes, policy and tags.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::errors::{self, required};
use super::state::{Sns, Topic};
use super::{page, text_map};
use crate::config::ACCOUNT;
use crate::policy::Policy;
use crate::{ApiError, Call, Cloud, Output, arn};

/// Attributes that may be set. Feedback attributes are kept and given back; no delivery log is written.
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
const MOST_TAGS: usize = 50;

/// Makes a topic, or finds the one that is the same.
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
    let tags = tags_of(call);
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

/// Letters, digits, hyphen and underscore, at most 256 in all; a FIFO topic ends in `.fifo`.
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

/// Removes a topic and all its subscriptions, pending ones included; one that is gone is no error.
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

/// What was set, with AWS's defaults for the rest.
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

/// The policy that a topic has until another is set: the account may do everything.
pub(super) fn default_policy(topic_arn: &str) -> String {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"
            ],
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
        }]
    })
    .to_string()
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

/// A topic's policy is about SNS only.
fn check_policy(text: &str) -> Result<(), String> {
    Policy::parse(text).map_err(|error| format!("Policy Error: {error}"))?;
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let one_or_many = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let foreign = one_or_many(&document["Statement"])
        .iter()
        .flat_map(|statement| one_or_many(&statement["Action"]))
        .any(|action| action.as_str().is_some_and(|action| !action.to_ascii_lowercase().starts_with("sns:")));
    if foreign { Err("Policy statement action out of service scope!".to_owned()) } else { Ok(()) }
}

/// Adds a statement that lets other accounts act on the topic.
pub(super) fn add_permission(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let label = required(call, "Label")?;
    let principals: Vec<String> =
        call.input.texts("AWSAccountId").iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = call.input.texts("ActionName").iter().map(|action| format!("SNS:{action}")).collect();
    edit_statements(sns, call, |topic_arn, statements| {
        if statements.iter().any(|statement| statement["Sid"] == label) {
            return Err(errors::invalid("Statement already exists"));
        }
        statements.push(json!({
            "Sid": label, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": actions, "Resource": topic_arn
        }));
        Ok(())
    })
}

pub(super) fn remove_permission(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let label = required(call, "Label")?;
    edit_statements(sns, call, |_, statements| {
        statements.retain(|statement| statement["Sid"] != label);
        Ok(())
    })
}

fn edit_statements(
    sns: &Sns,
    call: &Call,
    edit: impl FnOnce(&str, &mut Vec<Value>) -> Result<(), ApiError>,
) -> Result<Output, ApiError> {
    sns.with_topic(required(call, "TopicArn")?, |topic| {
        let text = topic.attributes.get("Policy").cloned().unwrap_or_else(|| default_policy(&topic.arn));
        let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
        if !document["Statement"].is_array() {
            document["Statement"] = json!([document["Statement"]]);
        }
        if let Value::Array(statements) = &mut document["Statement"] {
            edit(&topic.arn, statements)?;
        }
        topic.attributes.insert("Policy".to_owned(), document.to_string());
        Ok(Output::empty())
    })
}

pub(super) fn list_tags(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let tag = |(key, value): (&String, &String)| {
            Output::structure([("Key", Some(key.as_str().into())), ("Value", Some(value.as_str().into()))])
        };
        Ok(Output::structure([("Tags", Some(Output::List(topic.tags.iter().map(tag).collect())))]))
    })
}

pub(super) fn tag(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let mut tags = topic.tags.clone();
        tags.extend(tags_of(call));
        if tags.len() > MOST_TAGS {
            return Err(ApiError::new(
                "TagLimitExceeded",
                "Could not complete request: tag quota of per resource exceeded",
            ));
        }
        topic.tags = tags;
        Ok(Output::empty())
    })
}

pub(super) fn untag(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let removed = call.input.texts("TagKeys");
        topic.tags.retain(|key, _| !removed.contains(key));
        Ok(Output::empty())
    })
}

pub(super) fn data_protection_policy(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    with_resource(sns, call, |topic| {
        let policy = topic.data_protection_policy.clone().unwrap_or_default();
        Ok(Output::structure([("DataProtectionPolicy", Some(policy.into()))]))
    })
}

pub(super) fn put_data_protection_policy(sns: &Sns, call: &Call) -> Result<Output, ApiError> {
    let policy = required(call, "DataProtectionPolicy")?;
    with_resource(sns, call, |topic| {
        topic.data_protection_policy = Some(policy.to_owned());
        Ok(Output::empty())
    })
}

fn with_resource(
    sns: &Sns,
    call: &Call,
    work: impl FnOnce(&mut Topic) -> Result<Output, ApiError>,
) -> Result<Output, ApiError> {
    work(sns.topics().get_mut(required(call, "ResourceArn")?).ok_or_else(errors::no_resource)?)
}

fn tags_of(call: &Call) -> IndexMap<String, String> {
    call.input
        .structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.text("Key")?.to_owned(), tag.text("Value").unwrap_or_default().to_owned())))
        .collect()
}

/// Adds the tags of AWS itself, which no caller may set.
pub(crate) fn mark(cloud: &Cloud, topic_arn: &str, tags: [(String, String); 3]) {
    if let Some(topic) = cloud.sns.topics().get_mut(topic_arn) {
        topic.tags.extend(tags);
    }
}
