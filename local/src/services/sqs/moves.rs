//! Message move tasks: the redrive of a dead-letter queue. Messages arrive as new ones (SQS developer guide, "Configuring a
//! dead-letter queue redrive").

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::message::Message;
use super::{State, invalid_parameter, missing_parameter};
use crate::{ApiError, Call, Cloud, Output};

/// Messages a second at most, and without a given rate.
const FASTEST: i64 = 500;
/// Tasks that are listed at most.
const LISTED: i64 = 10;
const INTERVAL: Duration = Duration::from_secs(1);

/// A task, as `ListMessageMoveTasks` shows it.
#[derive(Debug, Clone)]
pub(super) struct Move {
    handle: String,
    source: String,
    /// Where to; where each message came from when absent.
    destination: Option<String>,
    /// As given.
    rate: Option<i64>,
    started: jiff::Timestamp,
    status: &'static str,
    failure: Option<&'static str>,
    moved: i64,
    to_move: i64,
}

/// The dead-letter queue in a call's parameters or in the handle of its task.
pub(super) fn source(call: &Call) -> Option<String> {
    if let Some(source) = call.input.text("SourceArn") {
        return Some(source.to_owned());
    }
    let task = STANDARD.decode(call.input.text("TaskHandle")?).ok()?;
    let task: serde_json::Value = serde_json::from_slice(&task).ok()?;
    task["sourceArn"].as_str().map(str::to_owned)
}

pub(super) fn start(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let source = call.input.text("SourceArn").ok_or_else(|| missing_parameter("SourceArn"))?;
    let destination = call.input.text("DestinationArn").map(str::to_owned);
    let rate = ranged(call, "MaxNumberOfMessagesPerSecond", FASTEST)?;
    let mut state = cloud.sqs.state();
    check(&state, source, destination.as_deref())?;
    let to_move = state.queue(source)?.backlog.counts(Instant::now()).visible;
    let task = json!({ "taskId": uuid::Uuid::new_v4().to_string(), "sourceArn": source });
    let handle = STANDARD.encode(task.to_string());
    state.moves.push(Move {
        handle: handle.clone(),
        source: source.to_owned(),
        destination,
        rate,
        started: cloud.clock.now(),
        status: "RUNNING",
        failure: None,
        moved: 0,
        to_move: i64::try_from(to_move).unwrap_or(i64::MAX),
    });
    drop(state);
    tokio::spawn(run(cloud.clone(), handle.clone()));
    Ok(Output::structure([("TaskHandle", Some(handle.into()))]))
}

fn check(state: &State, source: &str, destination: Option<&str>) -> Result<(), ApiError> {
    let missing = |name: &str| {
        let message = format!("The resource that you specified for the {name} parameter doesn't exist.");
        ApiError::new("ResourceNotFoundException", message).with_status(404)
    };
    if !state.queues.contains_key(source) {
        return Err(missing("SourceArn"));
    }
    if destination.is_some_and(|destination| !state.queues.contains_key(destination)) {
        return Err(missing("DestinationArn"));
    }
    let mut policies = state.queues.values().filter_map(|queue| queue.attributes.get("RedrivePolicy"));
    if !policies.any(|policy| super::redrive_target(policy).is_some_and(|(target, _)| target == source)) {
        return Err(invalid_parameter("Source queue must be configured as a Dead Letter Queue."));
    }
    if state.moves.iter().any(|task| task.source == source && task.status == "RUNNING") {
        return Err(invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        ));
    }
    Ok(())
}

fn ranged(call: &Call, name: &str, most: i64) -> Result<Option<i64>, ApiError> {
    match call.input.integer(name) {
        Some(value) if !(1..=most).contains(&value) => Err(invalid_parameter(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between 1 and {most}."
        ))),
        value => Ok(value),
    }
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let source = call.input.text("SourceArn").ok_or_else(|| missing_parameter("SourceArn"))?;
    let limit = ranged(call, "MaxResults", LISTED)?.unwrap_or(1);
    let state = cloud.sqs.state();
    if !state.queues.contains_key(source) {
        let message = "The resource that you specified for the SourceArn parameter doesn't exist.";
        return Err(ApiError::new("ResourceNotFoundException", message).with_status(404));
    }
    let newest = state.moves.iter().rev().filter(|task| task.source == source);
    let results = newest.take(usize::try_from(limit).unwrap_or(1)).map(Move::output).collect();
    Ok(Output::structure([("Results", Some(Output::List(results)))]))
}

pub(super) fn cancel(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let handle = call.input.text("TaskHandle").ok_or_else(|| missing_parameter("TaskHandle"))?;
    let mut state = cloud.sqs.state();
    let running = state.moves.iter_mut().find(|task| task.handle == handle && task.status == "RUNNING");
    let task = running.ok_or_else(|| {
        let message = "The resource that you specified for the TaskHandle parameter doesn't exist.";
        ApiError::new("ResourceNotFoundException", message).with_status(404)
    })?;
    task.status = "CANCELLED";
    Ok(Output::structure([("ApproximateNumberOfMessagesMoved", Some(task.moved.into()))]))
}

impl Move {
    fn output(&self) -> Output {
        Output::structure([
            ("TaskHandle", (self.status == "RUNNING").then(|| self.handle.as_str().into())),
            ("Status", Some(self.status.into())),
            ("SourceArn", Some(self.source.as_str().into())),
            ("DestinationArn", self.destination.as_deref().map(Into::into)),
            ("MaxNumberOfMessagesPerSecond", self.rate.map(Into::into)),
            ("ApproximateNumberOfMessagesMoved", Some(self.moved.into())),
            ("ApproximateNumberOfMessagesToMove", Some(self.to_move.into())),
            ("FailureReason", self.failure.map(Into::into)),
            ("StartedTimestamp", Some(self.started.as_millisecond().into())),
        ])
    }
}

/// Moves as many messages a second as the task may.
async fn run(cloud: Cloud, handle: String) {
    while moved_some(&cloud, &handle) {
        cloud.sqs.arrived.notify_waiters();
        cloud.polled_metric_changed();
        cloud.clock.sleep(INTERVAL).await;
    }
    cloud.sqs.arrived.notify_waiters();
    cloud.polled_metric_changed();
}

/// Moves the messages of one second; `false` when the task has ended.
fn moved_some(cloud: &Cloud, handle: &str) -> bool {
    let mut state = cloud.sqs.state();
    let Some(index) = state.moves.iter().position(|task| task.handle == handle && task.status == "RUNNING") else {
        return false;
    };
    let Move { source, destination, rate, mut moved, to_move, .. } = state.moves[index].clone();
    let mut end = None;
    for _ in 0..rate.unwrap_or(FASTEST) {
        if moved >= to_move {
            end = Some(("COMPLETED", None));
            break;
        }
        match move_one(cloud, &mut state, &source, destination.as_deref()) {
            Moved::One => moved += 1,
            Moved::None => end = Some(("COMPLETED", None)),
            Moved::Failed(reason) => end = Some(("FAILED", Some(reason))),
        }
        if end.is_some() {
            break;
        }
    }
    let task = &mut state.moves[index];
    task.moved = moved;
    if let Some((status, failure)) = end {
        (task.status, task.failure) = (status, failure);
    }
    end.is_none()
}

enum Moved {
    One,
    None,
    Failed(&'static str),
}

fn move_one(cloud: &Cloud, state: &mut State, source: &str, destination: Option<&str>) -> Moved {
    let now = Instant::now();
    let Some(queue) = state.queues.get_mut(source) else {
        return Moved::Failed("AWS.SimpleQueueService.NonExistentQueue");
    };
    let Some(message) = queue.backlog.take_visible(now) else { return Moved::None };
    let target = destination.map(str::to_owned).or_else(|| message.dead_letter_source.clone());
    let Some(queue) = target.and_then(|target| state.queues.get_mut(&target)) else {
        if let Some(queue) = state.queues.get_mut(source) {
            queue.backlog.push(message, now);
        }
        return Moved::Failed("CouldNotDetermineMessageSource");
    };
    let retention = cloud.clock.scaled(Duration::from_secs(queue.number("MessageRetentionPeriod")));
    let arrived = jiff::Timestamp::now();
    let message = Message {
        id: uuid::Uuid::new_v4().to_string(),
        sent: arrived,
        entered: arrived,
        expires: now + retention,
        visible: now,
        first_received: None,
        receive_count: 0,
        receives_here: 0,
        receipt: None,
        dead_letter_source: None,
        ..message
    };
    queue.backlog.push(message, now);
    Moved::One
}
