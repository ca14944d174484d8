//! No secret is stored or sent, wherever in an event it occurs.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::leak;
use crate::notice::Reason;
use crate::{Rules, classify, mail};

/// Events of different services with a text wherever a service, or whoever writes to its name, may put one.
fn events(text: &str) -> Vec<Value> {
    let event = |source: &str, kind: &str, detail: Value| {
        json!({
            "id": text, "source": source, "detail-type": kind, "account": text, "region": text, "time": text,
            "resources": [format!("arn:aws:x:eu-west-1:1:y/{text}")], "detail": detail,
        })
    };
    let record = json!({
        "version": "1.0", "timestamp": text, "requestPayload": {"x": text},
        "requestContext": {"requestId": text, "functionArn": format!("arn:aws:lambda:eu-west-1:1:function:{text}"), "condition": text},
        "responsePayload": {"errorType": text, "errorMessage": text, "stackTrace": [format!("at {text}:1")], "cause": {"errorMessage": text}},
    });
    vec![
        event("lambda", "Lambda Function Invocation Result - Failure", record.clone()),
        record,
        event(
            "aws.ecs",
            "ECS Task State Change",
            json!({
                "lastStatus": "STOPPED", "group": text, "taskArn": text, "stoppedReason": text, "stopCode": text, "clusterArn": text,
                "containers": [{"name": text, "exitCode": 1, "reason": text}],
            }),
        ),
        event(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            json!({
                "alarmName": text, "state": {"value": "ALARM", "reason": text},
                "configuration": {"description": text, "metrics": [{"expression": text, "metricStat": {"metric": {"name": text, "namespace": text}}}]},
            }),
        ),
        event(
            "aws.guardduty",
            "GuardDuty Finding",
            json!({"type": text, "title": text, "id": text, "severity": {"x": text}}),
        ),
        event(
            "aws.glue",
            "Glue Job State Change",
            json!({"jobName": text, "state": "FAILED", "message": text, "jobRunId": text}),
        ),
        event("shop", text, json!({"status": "FAILED", "errorCode": text, "errorMessage": text, "name": text})),
        event("shop", "Report", json!({"status": "OK", "name": text})),
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": text, "Subject": text, "Message": format!("it failed {text}")}}]}),
        json!({"messageType": "DATA_MESSAGE", "logGroup": "/aws/lambda/f", "owner": text, "logStream": text,
            "logEvents": [{"id": text, "message": format!("ERROR {text}")}]}),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_survives_in_anything_that_is_stored_or_sent((text, secret) in leak()) {
        let rules = Rules::defaults().map_err(|error| TestCaseError::fail(error.to_string()))?;
        for event in events(&text) {
            for one in classify(&event, &rules).unwrap_or_default() {
                let mut written = format!("{one:?}{}", serde_json::to_string(&one).unwrap_or_default());
                if let Some(incident) = one.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()) {
                    let notice = mail::Notice { number: 1, reason: Reason::Opened, stack: "devops" };
                    written += &serde_json::to_string(&incident).unwrap_or_default();
                    written += &format!("{:?}", mail::about(&incident, &notice));
                    let unrecorded = [mail::unrecorded::Unrecorded { incident: &incident, is_kept: true }];
                    written += &format!("{:?}", mail::unrecorded::not_recorded(&unrecorded, &text, "devops"));
                }
                prop_assert!(!written.contains(&secret), "{} of {} in {}", secret, event, written);
            }
        }
    }
}
