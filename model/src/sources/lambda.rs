//! Lambda: destination records of asynchronous invocations and of stream mappings, durable executions, dead letters.

mod error;
mod frame;

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::{Arn, function_name, name};
use crate::fields::{elements, first_text, scalar, shortened, text};
use crate::observation::Observation;
use crate::reduce::host;
use error::{ReportedError, implied_class};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let envelope = &Envelope { source: "lambda".to_owned(), ..envelope.clone() };
    if envelope.detail_type == "Dead Letter" {
        dead_letter(envelope)
    } else if envelope.detail_type.starts_with("Durable Execution") || !envelope.text("/durableExecutionArn").is_empty()
    {
        durable_execution(envelope)
    } else if envelope.detail.get("requestContext").is_some() {
        invocation(envelope)
    } else {
        super::generic::observe(envelope)
    }
}

fn invocation(envelope: &Envelope) -> Observation {
    let arn = envelope.first_text(&["/requestContext/functionArn"]);
    let function =
        function(if arn.is_empty() { envelope.resources.last().map_or("", String::as_str) } else { arn }, envelope);
    let condition = envelope.text("/requestContext/condition");
    if condition == "Success" || envelope.detail_type.ends_with("Success") {
        return envelope.ignored(function, "the invocation succeeded");
    }
    let error = ReportedError::read(&envelope.detail);
    let mut observation = envelope
        .failure(function, &error.class, &error.message)
        .request(envelope.text("/requestContext/requestId"))
        .with("condition", condition)
        .with("function_arn", arn)
        .with("alias", alias(arn))
        .with("executed_version", envelope.text("/responseContext/executedVersion"))
        .with(
            "attempts",
            envelope.detail.pointer("/requestContext/approximateInvokeCount").cloned().unwrap_or_default(),
        )
        .with("timeout_seconds", seconds_until_timeout(&error.message))
        .with("raised_timeout", raised_timeout(seconds_until_timeout(&error.message)))
        .with("host", host(&error.message))
        .with("stream", stream(&envelope.detail));
    observation.top_frame = frame::top(envelope.detail.get("responsePayload").unwrap_or(&Value::Null));
    observation.drill = drill(&envelope.detail);
    observation
}

/// The function of an ARN, by its name. One of another account or region than the event goes by its ARN, so that it is
/// never taken for one of here: the bus sets those of the event, so only a forged or a forwarded event has such an ARN.
fn function<'a>(arn: &'a str, envelope: &Envelope) -> &'a str {
    let differ = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
    let is_elsewhere = Arn::parse(arn)
        .is_some_and(|arn| differ(arn.account, &envelope.account) || differ(arn.region, &envelope.region));
    if is_elsewhere { unqualified(arn) } else { function_name(arn) }
}

/// A function's ARN without version or alias.
fn unqualified(arn: &str) -> &str {
    arn.match_indices(':').nth(6).map_or(arn, |(end, _)| &arn[..end])
}

/// The alias in a function's ARN; empty without one. A version is none.
fn alias(arn: &str) -> &str {
    let qualifier = arn.split(':').nth(7).unwrap_or_default();
    let is_version = qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit());
    if is_version { "" } else { qualifier }
}

/// The seconds in `Task timed out after 3.00 seconds`.
fn seconds_until_timeout(message: &str) -> &str {
    let seconds = message.strip_prefix("Task timed out after ").and_then(|rest| rest.strip_suffix(" seconds"));
    seconds.filter(|seconds| seconds.parse::<f64>().is_ok()).unwrap_or_default()
}

/// Maximum timeout of a function, in seconds:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>.
const LONGEST_TIMEOUT: u64 = 900;

/// Twice the `Timeout` setting that a function exceeded, within AWS's limit; `None` if it already has the maximum.
fn raised_timeout(seconds: &str) -> Option<u64> {
    let setting: u64 = seconds.split('.').next()?.parse().ok()?;
    (setting < LONGEST_TIMEOUT).then(|| (2 * setting).clamp(1, LONGEST_TIMEOUT))
}

fn stream(record: &Value) -> &str {
    first_text(
        record,
        &["/KinesisBatchInfo/streamArn", "/DDBStreamBatchInfo/streamArn", "/KafkaBatchInfo/eventSourceArn"],
    )
}

/// A drill's id is in the payload of its invocation; nothing else of the payload is read.
fn drill(record: &Value) -> Option<String> {
    let id = text(record, "/requestPayload/incidentctl_drill");
    (!id.is_empty()).then(|| shortened(id, 64))
}

fn durable_execution(envelope: &Envelope) -> Observation {
    let function = function(envelope.text("/functionArn"), envelope);
    let status = envelope.text("/status");
    let message = envelope.first_text(&["/error/errorMessage", "/error/message", "/errorMessage"]);
    let execution = envelope.text("/durableExecutionArn");
    let message = match message {
        "" => format!("durable execution {} ended as {status}", envelope.text("/durableExecutionName")),
        message => message.to_owned(),
    };
    envelope
        .by_status(function, status, &message)
        .request(name(execution))
        .with("condition", status)
        .with("aspect", "durable execution")
}

fn dead_letter(envelope: &Envelope) -> Observation {
    let queue = name(envelope.text("/resource")).to_owned();
    let message = envelope.text("/errorMessage");
    let class = match implied_class(message) {
        "" => "DeadLetter",
        class => class,
    };
    envelope
        .failure(&queue, class, message)
        .request(envelope.text("/requestId"))
        .with("condition", "DeadLetter")
        // The resource is a queue.
        .with("aspect", "dead letter")
        .with("status_code", scalar(&envelope.detail, "/errorCode"))
}

/// The frames of a stack trace, under either of the runtimes' names.
fn frames(payload: &Value) -> &[Value] {
    match elements(payload, "/stackTrace") {
        [] => elements(payload, "/trace"),
        frames => frames,
    }
}
