//! Publishing: validation and authorization.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::delivery::{self, Notification};
use super::policies::default_policy;
use super::state::Topic;
use super::{attribute, errors};
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
    publication.attributes.iter().try_for_each(|(name, attribute)| attribute::check(name, attribute))
}

fn size(publication: &Publication) -> usize {
    let attributes = publication.attributes.iter();
    publication.message.len()
        + attributes.map(|(name, each)| name.len() + each.data_type.len() + each.value.len()).sum::<usize>()
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
    let (publication, bodies) = read(cloud, topic_arn, &call.input, &call.principal, "messageAttributes")?;
    let id = send(cloud, topic_arn, publication, bodies)?;
    Ok(Output::structure([("MessageId", Some(id.into()))]))
}

/// A message of a call or of one entry of a batch, checked; `path` is where its attributes are in the call.
fn read(
    cloud: &Cloud,
    topic_arn: &str,
    entry: &Input,
    principal: &Principal,
    path: &str,
) -> Result<(Publication, Bodies), ApiError> {
    let message = entry.text("Message").unwrap_or_default().to_owned();
    let bodies = match entry.text("MessageStructure") {
        Some("json") => Bodies::structured(&message)?,
        Some(_) => return Err(errors::invalid("Invalid value for MessageStructure")),
        None => Bodies::plain(message.clone()),
    };
    cloud.sns.with_topic(topic_arn, |topic| check_deduplication(topic, entry))?;
    let publication = Publication {
        subject: entry.text("Subject").map(str::to_owned),
        message,
        attributes: attribute::read(entry, path)?,
        principal: principal.clone(),
        source_arn: None,
    };
    check(&publication)?;
    Ok((publication, bodies))
}

/// A FIFO topic needs a group and a way to tell duplicates; a standard one takes no deduplication id.
fn check_deduplication(topic: &Topic, entry: &Input) -> Result<(), ApiError> {
    let is_given = entry.get("MessageDeduplicationId").is_some();
    if !topic.is_fifo() && is_given {
        return Err(errors::invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for \
             this topic type",
        ));
    }
    if topic.is_fifo() && entry.text("MessageGroupId").is_none() {
        return Err(errors::invalid("The MessageGroupId parameter is required for FIFO topics"));
    }
    let by_content = topic.attributes.get("ContentBasedDeduplication").is_some_and(|value| value == "true");
    if topic.is_fifo() && !is_given && !by_content {
        return Err(errors::invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ));
    }
    Ok(())
}

/// An invalid entry fails the whole call, as recorded of AWS.
pub(super) async fn publish_batch(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let topic_arn = errors::required(call, "TopicArn")?;
    let entries = call.input.structures("PublishBatchRequestEntries");
    check_batch(&entries)?;
    let mut messages = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let path = format!("publishBatchRequestEntries.{}.member.messageAttributes", at + 1);
        let (publication, bodies) = read(cloud, topic_arn, entry, &call.principal, &path)?;
        messages.push((entry.text("Id").unwrap_or_default(), publication, bodies));
    }
    if messages.iter().map(|(_, publication, _)| size(publication)).sum::<usize>() > MAX_MESSAGE {
        return Err(ApiError::new(
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, publication, bodies) in messages {
        let id = ("Id", Some(id.into()));
        match send(cloud, topic_arn, publication, bodies) {
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
    let refuse = |code: &str, message: String| Err(ApiError::new(code, message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.".to_owned());
    }
    if entries.len() > MAX_BATCH {
        let message = "The batch request contains more entries than permissible.";
        return refuse("TooManyEntriesInBatchRequest", message.to_owned());
    }
    let mut ids: Vec<&str> = entries.iter().map(|entry| entry.text("Id").unwrap_or_default()).collect();
    for id in &ids {
        let problem = match id.len() {
            0 => "is empty",
            81.. => "is too long",
            _ if !id.chars().all(|each| each.is_ascii_alphanumeric() || "-_".contains(each)) => {
                "contains an impermissible character"
            }
            _ => continue,
        };
        let message = format!("The Id of a batch entry in the batch request {problem}: {id}");
        return refuse("InvalidBatchEntryId", message);
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < entries.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return refuse("BatchEntryIdsNotDistinct", message.to_owned());
    }
    Ok(())
}
