//! Reports the outcome of asynchronous invocations to destinations, with the function's role.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::record::{Condition, record};
use super::{AsyncEvent, Progress, enqueue};
use crate::arn::Arn;
use crate::policy::Need;
use crate::services::events::{self, Event};
use crate::services::lambda::event_invoke::{EventInvokeConfig, destination_need};
use crate::services::lambda::execution::metrics;
use crate::services::lambda::function::Function;
use crate::services::lambda::reference::Reference;
use crate::services::lambda::role;
use crate::services::sns::{self, MessageAttribute, Publication};
use crate::services::sqs::{self, Attribute};
use crate::{ApiError, Cloud};

/// Length limit of the error message in a dead letter, in bytes.
const ERROR_MESSAGE_LIMIT: usize = 1024;

/// Sends the record of a finished event to the configured destination.
pub(super) async fn conclude(
    cloud: &Cloud,
    event: &AsyncEvent,
    function: &Function,
    config: &EventInvokeConfig,
    condition: Condition,
    progress: &Progress,
) {
    let succeeded = condition == Condition::Success;
    let destination = if succeeded { &config.on_success } else { &config.on_failure };
    if let Some(destination) = destination {
        let qualified_arn = function.qualified_arn(event.reference.qualifier());
        let record = record(&qualified_arn, &event.request_id, &event.payload, condition, progress, Timestamp::now());
        if let Err(error) = send_record(cloud, function, destination, &qualified_arn, succeeded, record).await {
            tracing::warn!(%error, destination, function = function.name, "cannot deliver the record of an invocation");
            metrics::count(cloud, function, "DestinationDeliveryFailures");
        }
    }
    if succeeded {
        return;
    }
    if let Some(target) = &function.latest.settings.dead_letter
        && let Err(error) = send_dead_letter(cloud, event, function, target, progress).await
    {
        tracing::warn!(%error, target, function = function.name, "cannot deliver a dead letter");
        metrics::count(cloud, function, "DeadLetterErrors");
    }
    metrics::count(cloud, function, "AsyncEventsDropped");
}

async fn send_record(
    cloud: &Cloud,
    function: &Function,
    destination: &str,
    qualified_arn: &str,
    succeeded: bool,
    record: Value,
) -> Result<(), ApiError> {
    let arn = Arn::parse(destination).ok_or_else(|| no_destination(destination))?;
    let (_, need) = destination_need(destination).ok_or_else(|| no_destination(destination))?;
    check_permission(cloud, function, &need)?;
    let body = record.to_string();
    match arn.service {
        "events" => {
            let result = if succeeded { "Success" } else { "Failure" };
            let resources = vec![destination.to_owned(), qualified_arn.to_owned()];
            let detail_type = format!("Lambda Function Invocation Result - {result}");
            events::put_event(cloud, arn.region, destination, Event::now("lambda", detail_type, resources, record))
        }
        "sqs" => send_to_queue(cloud, function, destination, body, Vec::new()).await,
        "sns" => publish(cloud, function, destination, body, BTreeMap::new()).await,
        "lambda" => {
            let reference = Reference::parse(destination, None, arn.region)?;
            super::store::read(cloud, &reference, |_| Ok(()))?;
            let request_id = uuid::Uuid::new_v4().to_string();
            enqueue(cloud, AsyncEvent::new(reference, Bytes::from(body), request_id));
            Ok(())
        }
        _ => Err(no_destination(destination)),
    }
}

/// A dead letter is the event itself, with the error in its attributes.
async fn send_dead_letter(
    cloud: &Cloud,
    event: &AsyncEvent,
    function: &Function,
    target: &str,
    progress: &Progress,
) -> Result<(), ApiError> {
    let body = String::from_utf8_lossy(&event.payload).into_owned();
    let attributes = vec![
        Attribute::text("RequestID", &event.request_id),
        Attribute::number("ErrorCode", "200"),
        Attribute::text("ErrorMessage", error_message(progress)),
    ];
    if target.starts_with("arn:aws:sqs:") {
        check_permission(cloud, function, &Need::new("sqs:SendMessage", target))?;
        return send_to_queue(cloud, function, target, body, attributes).await;
    }
    check_permission(cloud, function, &Need::new("sns:Publish", target))?;
    let attributes = attributes
        .into_iter()
        .map(|each| (each.name, MessageAttribute { data_type: each.data_type, value: each.value }))
        .collect();
    publish(cloud, function, target, body, attributes).await
}

fn error_message(progress: &Progress) -> String {
    let payload: Option<Value> =
        progress.last.as_ref().and_then(|outcome| serde_json::from_slice(&outcome.payload).ok());
    let message = payload.as_ref().and_then(|payload| payload["errorMessage"].as_str()).unwrap_or("Rate Exceeded.");
    let end = (0..=message.len().min(ERROR_MESSAGE_LIMIT)).rev().find(|end| message.is_char_boundary(*end));
    message[..end.unwrap_or(0)].to_owned()
}

async fn send_to_queue(
    cloud: &Cloud,
    function: &Function,
    queue_arn: &str,
    body: String,
    attributes: Vec<Attribute>,
) -> Result<(), ApiError> {
    let message = sqs::Outgoing { body, attributes, group: None };
    sqs::send(cloud, queue_arn, message, role::principal(function), Some(&function.arn)).await.map(drop)
}

async fn publish(
    cloud: &Cloud,
    function: &Function,
    topic_arn: &str,
    message: String,
    attributes: BTreeMap<String, MessageAttribute>,
) -> Result<(), ApiError> {
    let publication = Publication {
        subject: None,
        message,
        attributes,
        principal: role::principal(function),
        source_arn: Some(function.arn.clone()),
    };
    sns::publish(cloud, topic_arn, publication).await.map(drop)
}

fn check_permission(cloud: &Cloud, function: &Function, need: &Need) -> Result<(), ApiError> {
    role::check_permission(cloud, function, need)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied.message).with_status(403))
}

fn no_destination(arn: &str) -> ApiError {
    ApiError::new("InvalidParameterValueException", format!("The destination ARN {arn} is invalid."))
}
