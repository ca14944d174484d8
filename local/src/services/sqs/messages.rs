//! Message operations.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{ApiError, Call, Cloud, Input, Output};

use super::message::{Draft, Message};
use super::{arn_of_url, invalid_parameter, missing_parameter};

pub(super) fn send(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let sent = send_one(cloud, call, &queue_arn, &call.input)?;
    cloud.sqs.arrived.notify_waiters();
    cloud.polled_metric_changed();
    Ok(Output::Structure(sent))
}

/// Sends one message; returns the members of `SendMessage` and of a batch result.
pub(super) fn send_one(
    cloud: &Cloud,
    call: &Call,
    queue_arn: &str,
    input: &Input,
) -> Result<Vec<(String, Output)>, ApiError> {
    let mut state = cloud.sqs.state();
    let queue = state.queue(queue_arn)?;
    let draft = Draft::read(input, queue.number("MaximumMessageSize") as usize)?;
    let size = draft.size();
    let (id, body_digest, attributes_digest) = queue.send(cloud, draft, &call.principal)?;
    drop(state);
    count_sent(cloud, queue_arn, size);
    let mut members = vec![("MessageId".to_owned(), id.into()), ("MD5OfMessageBody".to_owned(), body_digest.into())];
    members.extend(attributes_digest.map(|digest| ("MD5OfMessageAttributes".to_owned(), digest.into())));
    Ok(members)
}

/// Counts a sent message of this many bytes in the queue's metrics.
pub(super) fn count_sent(cloud: &Cloud, queue_arn: &str, size: usize) {
    cloud.queue_counted(queue_arn, "NumberOfMessagesSent", 1.0);
    cloud.queue_counted(queue_arn, "SentMessageSize", size as f64);
}

/// Long polling: waits as long as the call or the queue specifies.
pub(super) async fn receive(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    let limit = ranged(call, "MaxNumberOfMessages", 1, 10)?.unwrap_or(1) as usize;
    let visibility = ranged(call, "VisibilityTimeout", 0, 43_200)?;
    let (default_wait, default_visibility) = {
        let mut state = cloud.sqs.state();
        let queue = state.queue(&queue_arn)?;
        (queue.number("ReceiveMessageWaitTimeSeconds"), queue.number("VisibilityTimeout"))
    };
    let wait = ranged(call, "WaitTimeSeconds", 0, 20)?.unwrap_or(default_wait);
    let visibility = cloud.clock.scaled(Duration::from_secs(visibility.unwrap_or(default_visibility)));
    let deadline = tokio::time::Instant::now() + cloud.clock.scaled(Duration::from_secs(wait));
    loop {
        let arrived = cloud.sqs.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        let (messages, next) = take(cloud, &queue_arn, limit, visibility)?;
        if !messages.is_empty() || tokio::time::Instant::now() >= deadline {
            match messages.len() {
                0 => cloud.queue_counted(&queue_arn, "NumberOfEmptyReceives", 1.0),
                received => cloud.queue_counted(&queue_arn, "NumberOfMessagesReceived", received as f64),
            }
            return Ok(received(call, &queue_arn, &messages));
        }
        let until = next.map_or(deadline, |next| deadline.min(next.into()));
        let _ = tokio::time::timeout_at(until, arrived).await;
    }
}

/// Receives visible messages, moves those over `maxReceiveCount` to the dead-letter queue, and returns when the next
/// message becomes visible.
fn take(
    cloud: &Cloud,
    queue_arn: &str,
    limit: usize,
    visibility: Duration,
) -> Result<(Vec<Message>, Option<Instant>), ApiError> {
    let mut state = cloud.sqs.state();
    let policy = state.queue(queue_arn)?.attributes.get("RedrivePolicy").cloned();
    let redrive = policy
        .and_then(|policy| super::redrive_target(&policy))
        .filter(|(target, _)| state.queues.contains_key(target));
    let queue = state.queue(queue_arn)?;
    let now = Instant::now();
    let (messages, exhausted) = queue.backlog.receive(limit, visibility, redrive.as_ref().map(|(_, most)| *most), now);
    let next = queue.backlog.next_visible(now);
    if let (Some((target, _)), false) = (redrive, exhausted.is_empty()) {
        state.queue(&target)?.take_over(queue_arn, exhausted);
        cloud.sqs.arrived.notify_waiters();
        cloud.polled_metric_changed();
    }
    Ok((messages, next))
}

fn ranged(call: &Call, name: &str, low: u64, high: u64) -> Result<Option<u64>, ApiError> {
    match call.input.integer(name) {
        None => Ok(None),
        Some(value) => match u64::try_from(value) {
            Ok(value) if (low..=high).contains(&value) => Ok(Some(value)),
            _ => Err(invalid_parameter(format!(
                "Value {value} for parameter {name} is invalid. Reason: Must be {}, if provided.",
                if name == "WaitTimeSeconds" {
                    format!(">= {low} and <= {high}")
                } else {
                    format!("between {low} and {high}")
                }
            ))),
        },
    }
}

fn received(call: &Call, queue_arn: &str, messages: &[Message]) -> Output {
    let mut system = call.input.texts("AttributeNames");
    system.extend(call.input.texts("MessageSystemAttributeNames"));
    let wanted = call.input.texts("MessageAttributeNames");
    let list = messages.iter().map(|message| one_received(message, queue_arn, &system, &wanted));
    Output::structure([("Messages", (!messages.is_empty()).then(|| Output::List(list.collect())))])
}

fn one_received(message: &Message, queue_arn: &str, system: &[String], wanted: &[String]) -> Output {
    let system_attributes: Vec<(&str, String)> = system_attributes(message)
        .into_iter()
        .filter(|(name, _)| system.iter().any(|asked| asked == "All" || asked == name))
        .collect();
    let mut attributes = message.attributes.clone();
    attributes.retain(|name, _| wanted.iter().any(|pattern| selects(pattern, name)));
    let digest = super::message::attributes_digest(&attributes).map(Output::from);
    let typed = attributes.iter().map(|(name, value)| (name.clone(), value.output())).collect::<Vec<_>>();
    Output::structure([
        ("MessageId", Some(message.id.as_str().into())),
        ("ReceiptHandle", message.receipt.as_deref().map(|receipt| handle(queue_arn, receipt).into())),
        ("MD5OfBody", Some(super::message::body_digest(&message.body).into())),
        ("Body", Some(message.body.as_str().into())),
        ("Attributes", (!system_attributes.is_empty()).then(|| Output::string_map(system_attributes))),
        ("MD5OfMessageAttributes", digest),
        ("MessageAttributes", (!typed.is_empty()).then_some(Output::Map(typed))),
    ])
}

/// Whether a pattern in `MessageAttributeNames` (`All`, `.*`, `prefix.*`, a name) matches an attribute.
fn selects(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == "All" || pattern == name,
    }
}

fn system_attributes(message: &Message) -> Vec<(&'static str, String)> {
    let first = message.first_received.map(|time| time.as_millisecond().to_string());
    let mut attributes = vec![
        ("SenderId", message.sender.clone()),
        ("SentTimestamp", message.sent.as_millisecond().to_string()),
        ("ApproximateReceiveCount", message.receive_count.to_string()),
        ("ApproximateFirstReceiveTimestamp", first.unwrap_or_default()),
    ];
    attributes.extend(message.group.clone().map(|group| ("MessageGroupId", group)));
    attributes.extend(message.dead_letter_source.clone().map(|source| ("DeadLetterQueueSourceArn", source)));
    attributes
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    delete_one(cloud, &arn_of_url(call)?, &call.input)?;
    Ok(Output::empty())
}

/// Deletes by receipt handle. As on AWS, a handle superseded by a later receive deletes nothing and is not an error.
pub(super) fn delete_one(cloud: &Cloud, queue_arn: &str, input: &Input) -> Result<(), ApiError> {
    let mut state = cloud.sqs.state();
    let queue = state.queue(queue_arn)?;
    let receipt = checked_receipt(input, queue_arn)?;
    let deleted = queue.backlog.delete(&receipt, Instant::now());
    drop(state);
    if deleted.is_some() {
        cloud.queue_counted(queue_arn, "NumberOfMessagesDeleted", 1.0);
    }
    Ok(())
}

/// A receipt as the client sees it: it names its queue and is valid for no other.
fn handle(queue_arn: &str, receipt: &str) -> String {
    STANDARD.encode(format!("{receipt} {queue_arn}"))
}

fn checked_receipt(input: &Input, queue_arn: &str) -> Result<String, ApiError> {
    let given = input.text("ReceiptHandle").ok_or_else(|| missing_parameter("ReceiptHandle"))?;
    let decoded = STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let receipt = decoded.as_deref().and_then(|text| text.split_once(' ')).filter(|(_, of)| *of == queue_arn);
    receipt.map(|(receipt, _)| receipt.to_owned()).ok_or_else(|| {
        ApiError::new(
            "ReceiptHandleIsInvalid",
            format!("The input receipt handle \"{given}\" is not a valid receipt handle."),
        )
    })
}

pub(super) fn change_visibility(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    change_visibility_one(cloud, &arn_of_url(call)?, &call.input)?;
    Ok(Output::empty())
}

pub(super) fn change_visibility_one(cloud: &Cloud, queue_arn: &str, input: &Input) -> Result<(), ApiError> {
    let receipt = checked_receipt(input, queue_arn)?;
    let seconds = input.integer("VisibilityTimeout").ok_or_else(|| missing_parameter("VisibilityTimeout"))?;
    let in_range = u64::try_from(seconds).ok().filter(|seconds| *seconds <= 43_200).ok_or_else(|| {
        invalid_parameter(format!("Value {seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."))
    })?;
    let now = Instant::now();
    let until = now + cloud.clock.scaled(Duration::from_secs(in_range));
    if !cloud.sqs.state().queue(queue_arn)?.backlog.change_visibility(&receipt, until, now) {
        return Err(invalid_parameter(format!(
            "Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.",
            handle(queue_arn, &receipt)
        )));
    }
    cloud.sqs.arrived.notify_waiters();
    cloud.polled_metric_changed();
    Ok(())
}
