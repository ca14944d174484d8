//! Function failures on the local AWS's bus.

use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::harness::{Aws, Control, TestResult};

/// EventBridge's limit per call.
const BATCH: usize = 10;
/// Concurrent calls.
const CALLS: usize = 8;
/// The time of all events, in the two formats the bus needs.
const TIME: (i64, &str) = (1_767_225_600, "2026-01-01T00:00:00Z");
const DETAIL_TYPE: &str = "Lambda Function Invocation Result - Failure";

/// A permanent function failure. All failures of one function share a fingerprint, whatever their number.
pub(super) fn failure(function: &str, number: usize) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": format!("00000000-0000-4000-8000-{number:012x}"),
            "functionArn": format!("arn:aws:lambda:us-east-1:000000000000:function:{function}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"order": number},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "ValueError", "errorMessage": format!("no such order: {number}")},
    })
}

/// A CRITICAL failure: the function cannot start.
pub(super) fn crash(function: &str, number: usize) -> Value {
    let mut crash = failure(function, number);
    crash["responsePayload"] =
        json!({"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import module 'app'"});
    crash
}

/// A failure as the bus delivers it.
pub(super) fn event(id: &str, detail: &Value) -> Value {
    json!({"id": id, "source": "lambda", "detail-type": DETAIL_TYPE, "time": TIME.1, "detail": detail})
}

/// Sends events as a program in the account does; returns each event's id.
pub(super) async fn put(aws: &Aws, details: &[Value]) -> TestResult<Vec<String>> {
    put_as(&aws.events, details).await
}

/// Sends events with the client of another caller.
pub(super) async fn put_as(events: &aws_sdk_eventbridge::Client, details: &[Value]) -> TestResult<Vec<String>> {
    let batches: Vec<TestResult<Vec<_>>> =
        details.chunks(BATCH).map(|batch| batch.iter().map(|detail| Ok(entry(detail))).collect()).collect();
    let calls = stream::iter(batches).map(async |batch| -> TestResult<Vec<String>> {
        let answer = events.put_events().set_entries(Some(batch?)).send().await?;
        assert_eq!(answer.failed_entry_count(), 0, "{answer:?}");
        Ok(answer.entries().iter().filter_map(|entry| entry.event_id().map(str::to_owned)).collect())
    });
    let ids: Vec<Vec<String>> = calls.buffered(CALLS).try_collect().await?;
    Ok(ids.concat())
}

fn entry(detail: &Value) -> PutEventsRequestEntry {
    let entry = PutEventsRequestEntry::builder().source("lambda").detail_type(DETAIL_TYPE);
    entry.time(DateTime::from_secs(TIME.0)).detail(detail.to_string()).build()
}

/// Redelivers events, as at-least-once delivery may.
pub(super) async fn deliver_again(aws: &Aws, events: &[(&String, &Value)]) -> TestResult {
    let mut control = Control::of(aws).await?;
    for (id, detail) in events {
        control.call("POST", "events", &event(id, detail).to_string()).await?;
    }
    Ok(())
}
