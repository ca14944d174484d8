//! The invocation record for destinations. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Progress;
use crate::services::lambda::execution::Outcome;

/// Why a record is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
    ZeroReservedConcurrency,
}

impl Condition {
    /// AWS's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
        }
    }
}

/// The record, as observed on AWS in November 2025: without a response payload if the function never ran.
pub(super) fn record(
    function_arn: &str,
    request_id: &str,
    payload: &[u8],
    condition: Condition,
    progress: &Progress,
    time: Timestamp,
) -> Value {
    let mut record = json!({
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition.name(),
            "approximateInvokeCount": progress.attempts,
        },
        "requestPayload": parse(payload),
    });
    if let Some(outcome) = &progress.last {
        record["responseContext"] = response_context(outcome);
        record["responsePayload"] = parse(&outcome.payload);
    }
    record
}

/// The invocation's status: 200 even when the function failed.
fn response_context(outcome: &Outcome) -> Value {
    let mut context = json!({ "statusCode": 200, "executedVersion": outcome.version });
    if outcome.is_error {
        context["functionError"] = json!("Unhandled");
    }
    context
}

/// The payload as JSON; as text if it is not.
fn parse(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(payload).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_matches_the_recording() {
        let progress = Progress { attempts: 1, last: Some(Outcome::failed_for_test()), ..Progress::default() };
        let record = record(
            "arn:aws:lambda:us-east-1:111111111111:function:orders-worker:$LATEST",
            "00000000-1111-4222-8333-000000000003",
            br#"{"mode":"failure"}"#,
            Condition::RetriesExhausted,
            &progress,
            Timestamp::UNIX_EPOCH,
        );
        insta::assert_snapshot!(serde_json::to_string_pretty(&record).unwrap_or_default(), @r#"
        {
          "version": "1.0",
          "timestamp": "1970-01-01T00:00:00.000Z",
          "requestContext": {
            "requestId": "00000000-1111-4222-8333-000000000003",
            "functionArn": "arn:aws:lambda:us-east-1:111111111111:function:orders-worker:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1
          },
          "requestPayload": {
            "mode": "failure"
          },
          "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled"
          },
          "responsePayload": {
            "errorMessage": "intentional failure!",
            "errorType": "Exception"
          }
        }
        "#);
    }

    #[test]
    fn a_function_that_never_ran_has_no_response() {
        let record =
            record("arn", "id", b"{}", Condition::ZeroReservedConcurrency, &Progress::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(record.get("responseContext"), None);
        assert_eq!(record.get("responsePayload"), None);
        assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    }
}
