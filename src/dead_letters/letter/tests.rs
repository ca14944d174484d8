//! Messages as AWS writes them, and as it does not.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const HANDLER: &str = "devops-incident-handler";

fn event() -> Value {
    json!({
        "version": "0",
        "id": "5b0f1d3e-0000-4000-8000-000000000001",
        "detail-type": "Glue Job State Change",
        "source": "aws.glue",
        "account": "111122223333",
        "time": "2026-11-27T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {"jobName": "nightly", "state": "FAILED", "message": "password=hunter2hunter2 refused"},
    })
}

fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
    Message {
        id: "m-1".to_owned(),
        body: body.to_owned(),
        sent_at: Some(1_795_773_600_000),
        receives: 3,
        moved_from: None,
        attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn shown(letter: &DeadLetter) -> String {
    serde_json::to_string_pretty(letter).unwrap_or_default()
}

#[test]
fn a_dead_letter_of_a_rule_is_the_event_with_the_reason_as_attributes() {
    let body = event().to_string();
    let attributes = [
        ("RULE_ARN", "arn:aws:events:eu-west-1:111122223333:rule/devops-service-failures"),
        ("TARGET_ARN", "arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler"),
        ("ERROR_CODE", "NO_PERMISSIONS"),
        ("ERROR_MESSAGE", "not allowed to invoke"),
        ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
        ("RETRY_ATTEMPTS", "185"),
    ];
    let letter = DeadLetter::read(message(&body, &attributes), Origin::Rule, HANDLER);
    assert_eq!(letter.payload, body);
    assert_snapshot!(shown(&letter), @r#"
    {
      "message_id": "m-1",
      "queue": "rule",
      "since": "2026-11-27T10:00:00Z",
      "receives": 3,
      "event": {
        "number": 1,
        "id": "5b0f1d3e-0000-4000-8000-000000000001-9e988d81",
        "source": "glue",
        "detail_type": "Glue Job State Change",
        "resource": "nightly",
        "occurred_at": "2026-11-27T10:00:00Z",
        "error": "password=[redacted] refused"
      },
      "reason": {
        "code": "NO_PERMISSIONS",
        "message": "not allowed to invoke",
        "condition": "MaximumRetryAttempts",
        "attempts": 185,
        "first_received": null,
        "rule": "arn:aws:events:eu-west-1:111122223333:rule/devops-service-failures",
        "target": "arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler",
        "request_id": null
      }
    }
    "#);
}

#[test]
fn a_dead_letter_of_the_handler_is_lambdas_record_around_the_event() {
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-27T10:03:00.000Z",
        "requestContext": {
            "requestId": "00000000-1111-4222-8333-000000000003",
            "functionArn": format!("arn:aws:lambda:eu-west-1:111122223333:function:{HANDLER}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event(),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "NotRecorded", "errorMessage": "the table is gone"},
    });
    let letter = DeadLetter::read(message(&record.to_string(), &[]), Origin::Handler, HANDLER);
    assert_eq!(letter.payload, event().to_string());
    assert_snapshot!(shown(&letter), @r#"
    {
      "message_id": "m-1",
      "queue": "handler",
      "since": "2026-11-27T10:00:00Z",
      "receives": 3,
      "event": {
        "number": 1,
        "id": "5b0f1d3e-0000-4000-8000-000000000001-9e988d81",
        "source": "glue",
        "detail_type": "Glue Job State Change",
        "resource": "nightly",
        "occurred_at": "2026-11-27T10:00:00Z",
        "error": "password=[redacted] refused"
      },
      "reason": {
        "code": "NotRecorded",
        "message": "the table is gone",
        "condition": "RetriesExhausted",
        "attempts": 3,
        "first_received": null,
        "rule": null,
        "target": null,
        "request_id": "00000000-1111-4222-8333-000000000003"
      }
    }
    "#);

    // Without an answer the function never ran.
    let mut never_ran = record;
    if let Some(members) = never_ran.as_object_mut() {
        members.retain(|name, _| !name.starts_with("response"));
    }
    never_ran["requestContext"]["condition"] = json!("EventAgeExceeded");
    let letter = DeadLetter::read(message(&never_ran.to_string(), &[]), Origin::Handler, HANDLER);
    assert_eq!(letter.reason.line(), "EventAgeExceeded");
    // The failure of another function is an event like any other.
    let other = DeadLetter::read(message(&never_ran.to_string(), &[]), Origin::Handler, "another");
    assert_eq!(other.payload, never_ran.to_string());
}

#[test]
fn a_dead_letter_of_the_older_kind_is_the_event_itself() {
    let attributes = [("RequestID", "r-1"), ("ErrorCode", "200"), ("ErrorMessage", "Rate Exceeded.")];
    let letter = DeadLetter::read(message(&event().to_string(), &attributes), Origin::Handler, HANDLER);
    assert_eq!(letter.payload, event().to_string());
    assert_eq!(
        (letter.reason.line().as_str(), letter.reason.request_id.as_deref()),
        ("200: Rate Exceeded.", Some("r-1"))
    );
}

#[test]
fn a_dead_letter_by_the_handlers_own_hand_says_why_and_how_often_it_was_received() {
    let attributes = [
        ("ErrorCode", "UnreadableEvent"),
        ("ErrorMessage", "no event: an event is a JSON object"),
        ("FirstReceived", "2026-11-27T09:00:00Z"),
        ("ReceiveCount", "2"),
        ("MessageID", "m-0"),
    ];
    let letter = DeadLetter::read(message("7", &attributes), Origin::Handler, HANDLER);
    let Reason { attempts, first_received, .. } = &letter.reason;
    assert_eq!(letter.reason.line(), "UnreadableEvent: no event: an event is a JSON object");
    assert_eq!((*attempts, first_received.as_deref()), (Some(2), Some("2026-11-27T09:00:00Z")));
}

#[test]
fn a_message_that_sqs_moved_was_received_too_often() {
    let moved_from = Some("arn:aws:sqs:eu-west-1:111122223333:devops-events".to_owned());
    let moved = Message { moved_from, ..message(&event().to_string(), &[]) };
    let letter = DeadLetter::read(moved, Origin::Handler, HANDLER);
    assert_eq!((letter.reason.code.as_str(), letter.event.resource.as_str()), ("ReceivedTooOften", "nightly"));
}

#[test]
fn what_is_no_event_says_so() {
    for (body, error) in [
        ("", "cannot be read as an event: not JSON"),
        ("{", "cannot be read as an event: not JSON"),
        ("[]", "cannot be read as an event"),
        (r#"{"incidentctl":"sweep"}"#, "a sweep failed"),
    ] {
        let letter = DeadLetter::read(message(body, &[]), Origin::Rule, HANDLER);
        assert!(letter.event.error.starts_with(error), "{body}: {letter:?}");
        assert_eq!((letter.event.number, letter.payload.as_str()), (0, body));
        assert_eq!(letter.reason.line(), "the message does not say");
    }
}

proptest! {
    /// Whatever is in a queue is a letter, and what is no record of the handler's is sent as it came.
    #[test]
    fn every_message_is_a_letter(body in ".*", code in ".*", receives: u64) {
        let message = Message { receives, ..message(&body, &[("ERROR_CODE", &code)]) };
        let letter = DeadLetter::read(message, Origin::Handler, HANDLER);
        prop_assert_eq!(&letter.payload, &body);
        prop_assert_eq!(letter.receives, receives);
    }
}
