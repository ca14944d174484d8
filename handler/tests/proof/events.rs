//! Events that services send.

use serde_json::{Value, json};

/// A function failed after all retries, with an error that no other function has.
pub(crate) fn failure(function: &str, event_id: &str) -> Value {
    failure_with(&format!("NoOrderOf{function}"), function, event_id)
}

/// A function failed with an error that others have as well.
pub(crate) fn failure_of_all(function: &str, event_id: &str) -> Value {
    failure_with("OperationalError", function, event_id)
}

fn failure_with(error: &str, function: &str, event_id: &str) -> Value {
    json!({
        "id": event_id, "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "account": "000000000000", "region": "us-east-1", "time": "2026-01-01T00:00:00Z",
        "detail": {
            "requestContext": {
                "requestId": format!("request-{event_id}"), "condition": "RetriesExhausted",
                "functionArn": format!("arn:aws:lambda:us-east-1:000000000000:function:{function}:$LATEST"),
            },
            "responsePayload": {"errorType": error, "errorMessage": "no such order"},
        },
    })
}

/// An alarm changed its state.
pub(crate) fn alarm(event_id: &str, state: &str) -> Value {
    json!({
        "id": event_id, "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "region": "us-east-1", "detail": {"alarmName": "cpu", "state": {"value": state, "reason": "Threshold Crossed"}},
    })
}

/// A scheduled sweep.
pub(crate) fn sweep() -> Value {
    json!({"incidentctl": "sweep"})
}
