//! SQS: standard queues with long polling, visibility timeouts, message groups, redrive and queue policies.
//!
//! FIFO queues return `NotImplemented`. Visibility timeout, delay and retention use the scaled clock.

mod access;
mod attributes;
mod backlog;
mod batch;
mod message;
mod messages;
mod moves;
mod queue;
mod queues;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::json;

use crate::arn::Arn;
use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Output, Principal, arn};
use message::MessageAttribute;
use queue::Queue;
pub(crate) use queues::mark;

/// State of the service.
#[derive(Debug, Default)]
pub struct Sqs {
    state: Mutex<State>,
    arrived: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    queues: BTreeMap<String, Queue>,
    deleted: HashMap<String, Instant>,
    /// Oldest first.
    moves: Vec<moves::Move>,
}

impl Sqs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, arn: &str) -> Result<&mut Queue, ApiError> {
        self.queues.get_mut(arn).ok_or_else(no_such_queue)
    }
}

fn no_such_queue() -> ApiError {
    ApiError::new("QueueDoesNotExist", "The specified queue does not exist.")
}

fn invalid_parameter(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

fn missing_parameter(name: &str) -> ApiError {
    ApiError::new("MissingParameter", format!("The request must contain the parameter {name}."))
}

/// The ARN of a queue URL, in the call's region.
fn arn_of_url(call: &Call) -> Result<String, ApiError> {
    let url = call.input.text("QueueUrl").ok_or_else(|| missing_parameter("QueueUrl"))?;
    let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    Ok(arn::local("sqs", &call.region, name))
}

/// A message attribute that another service sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// `String`, `Number` or `Binary`, perhaps with a label after a dot.
    pub data_type: String,
    /// The value as text; base64 for binary.
    pub value: String,
}

impl Attribute {
    /// A text.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), data_type: "String".to_owned(), value: value.into() }
    }

    /// A number.
    pub fn number(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { data_type: "Number".to_owned(), ..Self::text(name, value) }
    }
}

/// A message that another service sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The body.
    pub body: String,
    /// The message attributes.
    pub attributes: Vec<Attribute>,
    /// The message group.
    pub group: Option<String>,
}

/// Sends a message for a service or a caller and returns its id.
///
/// # Errors
/// `QueueDoesNotExist`, `AccessDenied` when the queue's policy denies a service principal, and `InvalidParameterValue` for
/// a message that is too long or a message group id of other than 1 to 128 letters, digits and punctuation characters.
pub async fn send(
    cloud: &Cloud,
    queue_arn: &str,
    message: Outgoing,
    principal: Principal,
    source_arn: Option<&str>,
) -> Result<String, ApiError> {
    let Outgoing { body, attributes, group } = message;
    let attributes = attributes.into_iter().map(|each| (each.name.clone(), MessageAttribute::of(each))).collect();
    let size = body.len();
    let id = {
        let mut state = cloud.sqs.state();
        let queue = state.queue(queue_arn)?;
        access::check(queue, &principal, source_arn)?;
        let group = group.as_deref().map(message::checked_group).transpose()?;
        queue.send(cloud, message::Draft { body, attributes, group, delay: None }, &principal)?.0
    };
    messages::count_sent(cloud, queue_arn, size);
    cloud.sqs.arrived.notify_waiters();
    cloud.polled_metric_changed();
    Ok(id)
}

/// Waits until a queue has a message that can be received.
///
/// # Errors
/// `QueueDoesNotExist`, at once.
pub(crate) async fn until_visible(cloud: &Cloud, queue_arn: &str) -> Result<(), ApiError> {
    loop {
        let arrived = cloud.sqs.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        let now = Instant::now();
        let next = cloud.sqs.state().queue(queue_arn)?.backlog.next_visible(now);
        match next {
            Some(next) if next <= now => return Ok(()),
            Some(next) => _ = tokio::time::timeout_at(next.into(), arrived).await,
            None => arrived.await,
        }
    }
}

/// A queue's visibility timeout in seconds; `None` when the queue does not exist.
pub(crate) fn visibility_timeout(cloud: &Cloud, queue_arn: &str) -> Option<u64> {
    cloud.sqs.state().queue(queue_arn).ok().map(|queue| queue.number("VisibilityTimeout"))
}

/// Required permissions: the operation on the queue; batches need that of the single operation.
pub fn authorization(call: &Call) -> Vec<Need> {
    let operation = call.operation.strip_suffix("Batch").unwrap_or(&call.operation);
    let resource = match (call.input.text("QueueName"), moves::source(call)) {
        (Some(name), _) => arn::local("sqs", &call.region, name),
        (None, Some(source)) => source,
        (None, None) => arn_of_url(call).unwrap_or_else(|_| "*".to_owned()),
    };
    let need = |operation: &str, resource: &str| Need::new(format!("sqs:{operation}"), resource);
    let mut needs = vec![need(operation, &resource)];
    if operation == "StartMessageMoveTask" {
        // A redrive receives, deletes and sends on behalf of its caller.
        needs.extend(["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map(|action| need(action, &resource)));
        needs.extend(call.input.text("DestinationArn").map(|destination| need("SendMessage", destination)));
    }
    needs
}

/// Handles a call.
///
/// # Errors
/// AWS's validation errors.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "CreateQueue" => queues::create(cloud, call),
        "GetQueueUrl" => queues::url(cloud, call),
        "ListQueues" => queues::list(cloud, call),
        "DeleteQueue" => queues::delete(cloud, call),
        "PurgeQueue" => queues::purge(cloud, call),
        "GetQueueAttributes" => queues::get_attributes(cloud, call),
        "SetQueueAttributes" => queues::set_attributes(cloud, call),
        "TagQueue" => queues::tag(cloud, call),
        "UntagQueue" => queues::untag(cloud, call),
        "ListQueueTags" => queues::list_tags(cloud, call),
        "ListDeadLetterSourceQueues" => queues::dead_letter_sources(cloud, call),
        "SendMessage" => messages::send(cloud, call),
        "ReceiveMessage" => messages::receive(cloud, call).await,
        "DeleteMessage" => messages::delete(cloud, call),
        "ChangeMessageVisibility" => messages::change_visibility(cloud, call),
        "SendMessageBatch" | "DeleteMessageBatch" | "ChangeMessageVisibilityBatch" => batch::handle(cloud, call),
        "StartMessageMoveTask" => moves::start(cloud, call),
        "ListMessageMoveTasks" => moves::list(cloud, call),
        "CancelMessageMoveTask" => moves::cancel(cloud, call),
        operation => Err(ApiError::not_implemented("sqs", operation)),
    }
}

/// The metrics that AWS samples each minute.
pub const GAUGES: [&str; 9] = [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfNoisyGroups",
    "ApproximateNumberOfMessagesVisibleInQuietGroups",
    "ApproximateNumberOfMessagesNotVisibleInQuietGroups",
    "ApproximateNumberOfMessagesDelayedInQuietGroups",
    "ApproximateAgeOfOldestMessageInQuietGroups",
];

/// A queue metric's current value, for alarms; ages are in seconds of AWS's clock. AWS samples each minute, the local queue
/// answers at once. `None` when the queue or metric does not exist.
pub fn metric(cloud: &Cloud, region: &str, queue_name: &str, metric: &str) -> Option<f64> {
    let mut state = cloud.sqs.state();
    let backlog = &mut state.queues.get_mut(&arn::local("sqs", region, queue_name))?.backlog;
    let now = Instant::now();
    let (name, only_quiet) = match metric.strip_suffix("InQuietGroups") {
        Some(name) => (name, true),
        None => (metric, false),
    };
    let counts = if only_quiet { backlog.quiet_counts(now).0 } else { backlog.counts(now) };
    let count = match name {
        "ApproximateNumberOfMessagesVisible" => counts.visible,
        "ApproximateNumberOfMessagesNotVisible" => counts.in_flight,
        "ApproximateNumberOfMessagesDelayed" => counts.delayed,
        "ApproximateNumberOfNoisyGroups" if !only_quiet => backlog.quiet_counts(now).1,
        "ApproximateAgeOfOldestMessage" => {
            let oldest = backlog.oldest(only_quiet, now);
            let age = oldest.map(|entered| jiff::Timestamp::now().duration_since(entered).unsigned_abs());
            return Some(cloud.clock.unscaled(age.unwrap_or_default()).as_secs_f64());
        }
        _ => return None,
    };
    Some(count as f64)
}

/// Queue names of a region, for metric listings.
pub fn queue_names(cloud: &Cloud, region: &str) -> Vec<String> {
    let state = cloud.sqs.state();
    state
        .queues
        .keys()
        .filter_map(|queue| Arn::parse(queue).filter(|arn| arn.region == region).map(|arn| arn.resource.to_owned()))
        .collect()
}

/// The location of a redrive policy's target.
fn redrive_target(policy: &str) -> Option<(String, u32)> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let count = match policy.get("maxReceiveCount")? {
        serde_json::Value::String(text) => text.parse().ok()?,
        number => u32::try_from(number.as_u64()?).ok()?,
    };
    Some((policy.get("deadLetterTargetArn")?.as_str()?.to_owned(), count))
}

fn queue_url(cloud: &Cloud, queue_arn: &str) -> String {
    let (account, name) = Arn::parse(queue_arn).map_or(("", ""), |arn| (arn.account, arn.resource));
    format!("{}/{account}/{name}", cloud.endpoint)
}

fn string_map(call: &Call, name: &str) -> BTreeMap<String, String> {
    let entries = call.input.structure(name).unwrap_or_default().0;
    entries
        .into_iter()
        .map(|(key, value)| match value {
            serde_json::Value::String(text) => (key, text),
            other => (key, json!(other).to_string()),
        })
        .collect()
}
