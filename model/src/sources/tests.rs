//! The labelled sample events, and the hazards that they taught.

mod forwarded;
mod mutated;
mod services;

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::observation::Kind;

/// File, label and event of a sample.
type Sample = (String, String, Value);

fn samples() -> Result<Vec<Sample>, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let index: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("INDEX.json"))?)?;
    let mut samples = Vec::new();
    for entry in &index {
        let field = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        samples.push((field("file"), field("outcome"), read(&std::fs::read(folder.join(field("file")))?)?));
    }
    Ok(samples)
}

#[test]
fn every_sample_is_understood_as_it_is_labelled() -> Result<(), Box<dyn std::error::Error>> {
    let mut wrong = Vec::new();
    for (file, label, event) in samples()? {
        let seen = observe(&event)?;
        let any = |wanted: fn(&Kind) -> bool| seen.iter().any(|observation| wanted(&observation.kind));
        let fits = match label.as_str() {
            "failure" => any(|kind| matches!(kind, Kind::Failure)),
            "recovery" => any(|kind| matches!(kind, Kind::Recovery)),
            "suppressed" | "benign" => !any(|kind| !matches!(kind, Kind::Ignored { .. })),
            _ => !seen.is_empty(),
        };
        if !fits {
            wrong.push(format!(
                "{file} is {label}: {:?}",
                seen.iter().map(|one| (&one.kind, &one.error_type)).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn failures_name_a_resource_an_error_and_an_id() -> Result<(), Box<dyn std::error::Error>> {
    for (file, _, event) in samples()? {
        for seen in observe(&event)? {
            if seen.kind == Kind::Failure {
                assert!(!seen.source.is_empty(), "{file} has no source");
                assert!(!seen.resource.is_empty(), "{file} has no resource");
                assert!(!seen.error_type.is_empty(), "{file} has no error type");
            }
            assert!(!seen.event_id.is_empty(), "{file} has no event id");
        }
    }
    Ok(())
}

#[test]
fn the_same_event_has_the_same_id_in_every_delivery() -> Result<(), Box<dyn std::error::Error>> {
    for (file, _, event) in samples()? {
        let ids = |seen: Vec<Observation>| seen.into_iter().map(|one| one.event_id).collect::<Vec<_>>();
        assert_eq!(ids(observe(&event)?), ids(observe(&event)?), "{file}");
    }
    Ok(())
}

#[test]
fn one_id_on_two_different_events_does_not_make_them_one() -> Result<(), Box<dyn std::error::Error>> {
    let event = |state: &str, order: bool| {
        let detail = if order {
            json!({"stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:s", "status": state})
        } else {
            json!({"status": state, "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:s"})
        };
        json!({"id": "same", "source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail})
    };
    let id = |event: &serde_json::Value| observe(event).map(|seen| seen[0].event_id.clone());
    assert_ne!(id(&event("FAILED", true))?, id(&event("TIMED_OUT", true))?);
    assert_eq!(id(&event("FAILED", true))?, id(&event("FAILED", false))?);
    Ok(())
}

#[test]
fn wrapping_changes_nothing() -> Result<(), Box<dyn std::error::Error>> {
    for (file, label, event) in samples()? {
        if label != "failure" || event.get("detail-type").is_none() {
            continue;
        }
        let sns =
            json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "m", "Message": event.to_string()}}]});
        let notification = json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": event.to_string()});
        let sqs = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "q", "body": notification.to_string()}]});
        let raw = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "q", "body": event.to_string()}]});
        let bare = observe(&event)?;
        for (wrapper, wrapped) in [("sns", sns), ("sns in sqs", sqs), ("sqs", raw)] {
            let seen = observe(&wrapped)?;
            let kinds = |seen: &[Observation]| {
                seen.iter().map(|one| (one.kind.clone(), one.resource.clone())).collect::<Vec<_>>()
            };
            assert_eq!(kinds(&seen), kinds(&bare), "{file} in {wrapper}");
        }
    }
    Ok(())
}

#[test]
fn garbage_is_an_error_and_no_panic() {
    for garbage in [
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!({}),
        json!({"Records": []}),
        json!({"awslogs": {"data": "%%%"}}),
    ] {
        assert!(observe(&garbage).is_err(), "{garbage}");
    }
    assert!(read(b"\xff\xfe").is_err());
    assert!(read(b"\xef\xbb\xbf{}").is_ok());
}

#[test]
fn an_unknown_event_is_judged_by_its_words() -> Result<(), Unreadable> {
    let failed = |event: Value| observe(&event).map(|seen| seen.iter().any(|one| one.kind == Kind::Failure));
    for event in [
        json!({"source": "aws.transcribe", "detail-type": "Transcribe Job State Change", "detail": {"TranscriptionJobName": "j", "TranscriptionJobStatus": "FAILED"}}),
        json!({"source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "detail": {"TrainingJobName": "j", "TrainingJobStatus": "Failed", "FailureReason": "x"}}),
        json!({"source": "aws.emr", "detail-type": "EMR Cluster State Change", "detail": {"name": "c", "state": "TERMINATED_WITH_ERRORS"}}),
        json!({"source": "aws.dms", "detail-type": "DMS Replication Task State Change", "detail": {"category": "Failure", "eventType": "REPLICATION_TASK_FAILED"}}),
        json!({"source": "my.shop", "detail-type": "Payment Failed", "detail": {"order": "1"}}),
        json!({"source": "my.shop", "detail-type": "Payment", "detail": {"order": "1", "errorCode": "CardDeclined"}}),
    ] {
        assert!(failed(event.clone())?, "{event}");
    }
    for event in [
        json!({"source": "aws.transcribe", "detail-type": "Transcribe Job State Change", "detail": {"TranscriptionJobStatus": "COMPLETED"}}),
        json!({"source": "aws.emr", "detail-type": "EMR Cluster State Change", "detail": {"name": "c", "state": "STARTING"}}),
        json!({"source": "my.shop", "detail-type": "Payment", "detail": {"order": "1", "errorCode": "", "errors": [], "error": null}}),
        json!({"source": "my.shop", "detail-type": "Settings", "detail": {"previousState": "FAILED", "state": "OK"}}),
    ] {
        assert!(!failed(event.clone())?, "{event}");
    }
    Ok(())
}

#[test]
fn a_failure_is_one_however_its_payload_is_written() -> Result<(), Box<dyn std::error::Error>> {
    let record = |payload: &str| {
        format!(
            r#"{{"id": "e", "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": {{
            "requestContext": {{"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST", "condition": "RetriesExhausted"}},
            "requestPayload": {payload}, "responsePayload": {{"errorType": "ValueError", "errorMessage": "no such order"}}}}}}"#
        )
    };
    let deep = |levels: usize| format!("{}{{}}{}", r#"{"a":"#.repeat(levels - 1), "}".repeat(levels - 1));
    for payload in [deep(1), deep(126), deep(127), deep(200_000), "1e999".to_owned(), r#""\ud800""#.to_owned()] {
        let event = record(&payload);
        let in_text = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": event}]}).to_string();
        let in_detail =
            json!({"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": event});
        for event in [event.clone(), in_text, in_detail.to_string()] {
            let seen = observe(&read(event.as_bytes())?)?;
            assert_eq!(seen[0].kind, Kind::Failure, "{payload:.60}");
            assert_eq!(read_each(event.as_bytes())?.len(), 1);
        }
        let seen = observe(&read(event.as_bytes())?)?;
        assert_eq!((seen[0].resource.as_str(), seen[0].error_message.as_str()), ("orders", "no such order"));
    }
    Ok(())
}
