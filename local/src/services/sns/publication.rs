//! Publishing: validation and authorization.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::delivery::{self, Notification};
use super::errors;
use super::filter::is_number;
use super::policies::default_policy;
use super::state::Topic;
use crate::config::ACCOUNT;
use crate::policy::{Decision, Need, Policy, Requester};
use crate::{ApiError, Call, Cloud, Input, Output, Principal};

/// Size limit of a message with its attributes, in bytes.
const MAX_MESSAGE: usize = 256 * 1024;
const MAX_SUBJECT: usize = 100;
const MAX_BATCH: usize = 10;

/// A message to publish to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The subject line: at most 100 characters, no control characters.
    pub subject: Option<String>,
    /// The message, at most 256 KiB.
    pub message: String,
    /// Input to filter policies.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// The publisher. A service needs permission in the topic's policy.
    pub principal: Principal,
    /// The resource a service publishes for, such as an alarm's ARN.
    pub source_arn: Option<String>,
}

/// One attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    pub data_type: String,
    /// The value as text; base64 for binary.
    pub value: String,
}

/// The body, which may differ by protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bodies {
    default: String,
    per_protocol: BTreeMap<String, String>,
}

impl Bodies {
    fn plain(text: String) -> Self {
        Self { default: text, per_protocol: BTreeMap::new() }
    }

    /// `MessageStructure=json`: an object of bodies by protocol; `default` is required.
    fn structured(text: &str) -> Result<Self, ApiError> {
        let members: Map<String, Value> = serde_json::from_str(text)
            .map_err(|_| errors::invalid("Message Structure - JSON message body failed to parse"))?;
        let mut per_protocol: BTreeMap<String, String> =
            members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
        match per_protocol.remove("default") {
            Some(default) => Ok(Self { default, per_protocol }),
            None => Err(errors::invalid("Message Structure - No default entry in JSON message body")),
        }
    }

    pub(super) fn text_for(&self, protocol: &str) -> &str {
        self.per_protocol.get(protocol).unwrap_or(&self.default)
    }
}

/// Publishes a message and returns its id. Delivery continues in the background.
///
/// # Errors
/// `NotFound` when the topic does not exist, `AuthorizationError` when its policy denies the service,
/// `InvalidParameter` for an invalid subject or message.
pub async fn publish(cloud: &Cloud, topic_arn: &str, publication: Publication) -> Result<String, ApiError> {
    let bodies = Bodies::plain(publication.message.clone());
    send(cloud, topic_arn, publication, bodies)
}

fn send(cloud: &Cloud, topic_arn: &str, publication: Publication, bodies: Bodies) -> Result<String, ApiError> {
    check(&publication)?;
    let notification = cloud.sns.with_topic(topic_arn, |topic| {
        permit(topic, &publication)?;
        Ok(Notification::new(topic, publication, bodies))
    })?;
    let id = notification.id.clone();
    delivery::start(cloud, notification);
    Ok(id)
}

/// What AWS validates before it looks up the topic.
fn check(publication: &Publication) -> Result<(), ApiError> {
    if let Some(subject) = &publication.subject
        && (subject.is_empty()
            || subject.chars().count() > MAX_SUBJECT
            || subject.starts_with(char::is_whitespace)
            || subject.chars().any(char::is_control))
    {
        return Err(errors::invalid("Subject"));
    }
    if publication.message.is_empty() {
        return Err(errors::invalid("Empty message"));
    }
    if size(publication) > MAX_MESSAGE {
        return Err(errors::invalid("Message too long"));
    }
    publication.attributes.iter().try_for_each(|(name, attribute)| check_attribute(name, attribute))
}

fn size(publication: &Publication) -> usize {
    let attributes = publication.attributes.iter();
    publication.message.len()
        + attributes.map(|(name, each)| name.len() + each.data_type.len() + each.value.len()).sum::<usize>()
}

fn check_attribute(name: &str, attribute: &MessageAttribute) -> Result<(), ApiError> {
    let refuse = |reason: String| Err(ApiError::new("ParameterValueInvalid", reason));
    let MessageAttribute { data_type, value } = attribute;
    let kind = data_type.split('.').next().unwrap_or_default();
    match kind {
        "" => refuse(format!("The message attribute '{name}' must contain non-empty message attribute type.")),
        "String" | "Number" | "Binary" if value.is_empty() => refuse(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type \
             '{data_type}'."
        )),
        "Number" if !is_number(value) => refuse(format!("Could not cast message attribute '{name}' value to number.")),
        "String" | "Number" | "Binary" => Ok(()),
        _ => refuse(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is \
             Binary, Number, and String."
        )),
    }
}

/// Identity policies already authorised the account's own callers; a service needs the topic's.
fn permit(topic: &Topic, publication: &Publication) -> Result<(), ApiError> {
    let text = topic.attributes.get("Policy").filter(|text| !text.is_empty()).cloned();
    let text = text.unwrap_or_else(|| default_policy(&topic.arn));
    let requester = Requester::local(publication.principal.clone());
    let decision =
        Policy::parse(&text).map_or(Decision::NoMatch, |policy| policy.evaluate(&requester, &need(topic, publication)));
    let permitted = match &publication.principal {
        Principal::Root => true,
        Principal::Role { .. } => decision != Decision::Deny,
        Principal::Service(_) | Principal::Anonymous => decision == Decision::Allow,
    };
    if permitted {
        return Ok(());
    }
    let caller = publication.principal.arn();
    let reason = if decision == Decision::Deny {
        "with an explicit deny in a resource-based policy"
    } else {
        "because no resource-based policy allows the SNS:Publish action"
    };
    let message =
        format!("User: {caller} is not authorized to perform: SNS:Publish on resource: {} {reason}", topic.arn);
    Err(ApiError::new("AuthorizationError", message).with_status(403))
}

fn need(topic: &Topic, publication: &Publication) -> Need {
    let need = Need::new("sns:Publish", &topic.arn).with("aws:SourceAccount", ACCOUNT);
    let need = match &publication.principal {
        // EventBridge does not send `aws:SourceOwner`, so the default policy does not admit it.
        Principal::Service(name) if name == "events.amazonaws.com" => need,
        Principal::Anonymous => need,
        _ => need.with("aws:SourceOwner", ACCOUNT),
    };
    publication.source_arn.iter().fold(need, |need, arn| need.with("aws:SourceArn", arn))
}

pub(super) async fn publish_one(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    if call.input.get("PhoneNumber").is_some() {
        return Err(ApiError::not_implemented("sns", "Publish to a phone number"));
    }
    let topic_arn = call
        .input
        .text("TopicArn")
        .or_else(|| call.input.text("TargetArn"))
        .ok_or_else(|| errors::invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let id = send_entry(cloud, topic_arn, &call.input, &call.principal)?;
    Ok(Output::structure([("MessageId", Some(id.into()))]))
}

fn send_entry(cloud: &Cloud, topic_arn: &str, entry: &Input, principal: &Principal) -> Result<String, ApiError> {
    let message = entry.text("Message").unwrap_or_default().to_owned();
    let bodies = match entry.text("MessageStructure") {
        Some("json") => Bodies::structured(&message)?,
        Some(_) => return Err(errors::invalid("Invalid value for MessageStructure")),
        None => Bodies::plain(message.clone()),
    };
    if topic_arn.ends_with(".fifo") && entry.text("MessageGroupId").is_none() {
        return Err(errors::invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    let publication = Publication {
        subject: entry.text("Subject").map(str::to_owned),
        message,
        attributes: message_attributes(entry),
        principal: principal.clone(),
        source_arn: None,
    };
    send(cloud, topic_arn, publication, bodies)
}

fn message_attributes(entry: &Input) -> BTreeMap<String, MessageAttribute> {
    let members = entry.get("MessageAttributes").and_then(Value::as_object).into_iter().flatten();
    let read = |value: &Value| {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let content = text("StringValue").or_else(|| text("BinaryValue"));
        MessageAttribute { data_type: text("DataType").unwrap_or_default(), value: content.unwrap_or_default() }
    };
    members.map(|(name, value)| (name.clone(), read(value))).collect()
}

/// Each entry succeeds or fails on its own.
pub(super) async fn publish_batch(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let topic_arn = errors::required(call, "TopicArn")?;
    let entries = call.input.structures("PublishBatchRequestEntries");
    check_batch(&entries)?;
    cloud.sns.with_topic(topic_arn, |_| Ok(()))?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &entries {
        let id = ("Id", entry.text("Id").map(Into::into));
        match send_entry(cloud, topic_arn, entry, &call.principal) {
            Ok(message_id) => successful.push(Output::structure([id, ("MessageId", Some(message_id.into()))])),
            Err(error) => failed.push(Output::structure([
                id,
                ("Code", Some(error.code.into())),
                ("Message", Some(error.message.into())),
                ("SenderFault", Some((error.status < 500).into())),
            ])),
        }
    }
    Ok(Output::structure([("Successful", Some(Output::List(successful))), ("Failed", Some(Output::List(failed)))]))
}

fn check_batch(entries: &[Input]) -> Result<(), ApiError> {
    let refuse = |code: &str, message: &str| Err(ApiError::new(code, message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > MAX_BATCH {
        return refuse("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
    }
    let mut ids: Vec<&str> = entries.iter().map(|entry| entry.text("Id").unwrap_or_default()).collect();
    let legal = |id: &&str| {
        (1..=80).contains(&id.len()) && id.chars().all(|each| each.is_ascii_alphanumeric() || "-_".contains(each))
    };
    if !ids.iter().all(legal) {
        return refuse(
            "InvalidBatchEntryId",
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        );
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < entries.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    let total: usize = entries.iter().map(|entry| entry.text("Message").unwrap_or_default().len()).sum();
    if total > MAX_MESSAGE {
        return refuse(
            "BatchRequestTooLong",
            "The length of all the batch messages put together is more than the limit.",
        );
    }
    Ok(())
}
