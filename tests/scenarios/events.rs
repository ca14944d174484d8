//! The events that AWS would send.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::format::{Earlier, Failure, Function, Health};
use super::moment::Moment;
use crate::harness::{Aws, TestResult};

/// The event of a failure.
pub(super) fn failure(aws: &Aws, failure: &Failure, functions: &[Function], zero: Timestamp) -> TestResult<Value> {
    let time = failure.at.after(zero)?;
    if let Some(event) = &failure.event {
        let mut event = event.clone();
        event["time"] = json!(written(time));
        for (name, value) in [("account", &aws.account), ("region", &aws.region)] {
            if event.get(name).is_none() {
                event[name] = json!(value);
            }
        }
        return Ok(event);
    }
    let function = failure.function.as_deref().unwrap_or_default();
    let runtime = functions.iter().find(|known| known.name == function).and_then(|known| known.runtime.as_deref());
    Ok(record(
        aws,
        function,
        failure.request.as_deref(),
        &payload(
            runtime.unwrap_or_default(),
            failure.error_type.as_deref().unwrap_or_default(),
            failure.error_message.as_deref().unwrap_or_default(),
            &failure.stack,
        ),
        time,
    ))
}

/// The event of a failure long ago.
pub(super) fn earlier(aws: &Aws, incident: &Earlier, functions: &[Function], zero: Timestamp) -> TestResult<Value> {
    let runtime = functions.iter().find(|known| known.name == incident.function);
    let runtime = runtime.and_then(|known| known.runtime.as_deref()).unwrap_or_default();
    let payload = payload(runtime, &incident.error_type, &incident.error_message, &[]);
    Ok(record(aws, &incident.function, None, &payload, incident.opened.after(zero)?))
}

/// What a runtime answers when a function fails. Node calls its stack `trace`.
fn payload(runtime: &str, error_type: &str, message: &str, stack: &[String]) -> Value {
    let mut payload = json!({"errorType": error_type, "errorMessage": message});
    if !stack.is_empty() {
        payload[if runtime.starts_with("nodejs") { "trace" } else { "stackTrace" }] = json!(stack);
    }
    payload
}

/// Lambda's record of an asynchronous invocation that failed
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
fn record(aws: &Aws, function: &str, request: Option<&str>, payload: &Value, time: Timestamp) -> Value {
    let arn = aws.arn("lambda", &format!("function:{function}:$LATEST"));
    let request = request.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    json!({
        "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Failure",
        "account": aws.account,
        "region": aws.region,
        "time": written(time),
        "resources": [aws.arn("events", "event-bus/default"), arn],
        "detail": {
            "version": "1.0",
            "timestamp": format!("{time:.3}"),
            "requestContext": {
                "requestId": request,
                "functionArn": arn,
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": {},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": payload,
        },
    })
}

/// A report of AWS Health
/// (<https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html>).
pub(super) fn health(aws: &Aws, health: &Health, at: Moment, zero: Timestamp) -> TestResult<Value> {
    let region = health.region.as_deref().unwrap_or(&aws.region);
    let time = at.after(zero)?;
    let arn = format!("arn:aws:health:{region}::event/{0}/{1}/{1}_4d8f2a", health.service, health.code);
    let ended = (health.status == "closed").then(|| written(time));
    Ok(json!({
        "source": "aws.health",
        "detail-type": "AWS Health Event",
        "account": aws.account,
        "region": region,
        "time": written(time),
        "resources": [],
        "detail": {
            "eventArn": arn,
            "service": health.service,
            "eventTypeCode": health.code,
            "eventTypeCategory": "issue",
            "eventScopeCode": "PUBLIC",
            "eventRegion": region,
            "statusCode": health.status,
            "startTime": time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            "endTime": ended,
            "lastUpdatedTime": time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            "eventDescription": [{
                "language": "en_US",
                "latestDescription": format!("We are investigating increased error rates of {} in the {region} Region.", health.service),
            }],
            "affectedEntities": [],
        },
    }))
}

fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
