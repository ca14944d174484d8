//! What services send, in the shapes that they document: `tests/services` has one file per kind of service, each a list
//! of cases with what has to come out.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Outcome, Rules, Severity, classify, observe};

/// One event and what has to come out.
#[derive(Deserialize)]
struct Case {
    /// What happened, in words.
    what: String,
    outcome: String,
    severity: Option<Severity>,
    summary: Option<String>,
    event: Value,
}

/// What came out of an event, in the words of the cases: a failure before a recovery before nothing.
fn come_out(event: &Value, rules: &Rules) -> Result<(&'static str, Option<Severity>, Option<String>), String> {
    let seen = classify(event, rules).map_err(|error| error.to_string())?;
    if let Some(judgement) = seen.iter().find_map(|one| one.judgement.as_ref()) {
        return Ok(("incident", Some(judgement.severity), Some(judgement.summary.clone())));
    }
    match seen.iter().any(|one| one.outcome == Outcome::Recovery) {
        true => Ok(("recovery", None, None)),
        false if seen.iter().any(|one| one.reason().is_none_or(str::is_empty)) => {
            Err("ignored without a reason".into())
        }
        false => Ok(("ignored", None, None)),
    }
}

fn cases() -> Result<Vec<Case>, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services");
    let mut cases = Vec::new();
    for file in std::fs::read_dir(folder)? {
        cases.extend(serde_json::from_slice::<Vec<Case>>(&std::fs::read(file?.path())?)?);
    }
    Ok(cases)
}

/// The events of all cases.
pub(super) fn events() -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    Ok(cases()?.into_iter().map(|case| case.event).collect())
}

#[test]
fn each_service_is_understood_in_the_shapes_that_it_documents() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::defaults()?;
    let cases = cases()?;
    assert!(cases.len() >= 150, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for Case { what, outcome, severity, summary, event } in cases {
        let came = come_out(&event, &rules)?;
        if came != (outcome.as_str(), severity, summary.clone()) {
            wrong.push(format!("{what}: {came:?} instead of {outcome} {severity:?} {summary:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn events_say_where_to_look_for_evidence() -> Result<(), Box<dyn std::error::Error>> {
    let lambda = |qualifier: &str| {
        json!({"source": "lambda", "detail": {
            "requestContext": {"functionArn": format!("arn:aws:lambda:eu-west-1:111111111111:function:orders{qualifier}"), "condition": "RetriesExhausted"},
            "responseContext": {"executedVersion": "42"}, "responsePayload": {"errorType": "E"},
        }})
    };
    let task = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
        "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "group": "service:orders",
        "taskArn": "arn:aws:ecs:eu-west-1:111111111111:task/shop/0123", "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111111111111:task-definition/orders:3",
        "containers": [{"name": "app", "exitCode": 2}],
    }});
    let execution = json!({"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": {
        "status": "FAILED", "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:nightly", "name": "x",
        "executionArn": "arn:aws:states:eu-west-1:111111111111:execution:nightly:x",
    }});
    let alarm = json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": {
        "alarmName": "a", "state": {"value": "ALARM"},
        "configuration": {"metrics": [{"metricStat": {"metric": {"namespace": "AWS/Lambda", "name": "Throttles", "dimensions": {"FunctionName": "orders"}}}}]},
    }});
    for (event, expected) in [
        (lambda(":live"), vec![("alias", "live"), ("version", "42")]),
        (lambda(":7"), vec![("version", "42")]),
        (lambda(":$LATEST"), vec![("version", "42")]),
        (lambda(""), vec![("version", "42")]),
        (
            task,
            vec![
                ("container", "app"),
                ("task", "0123"),
                ("task_definition", "arn:aws:ecs:eu-west-1:111111111111:task-definition/orders:3"),
            ],
        ),
        (execution, vec![("execution", "arn:aws:states:eu-west-1:111111111111:execution:nightly:x")]),
        (alarm, vec![("function", "orders")]),
    ] {
        let seen = observe(&event)?.remove(0).without_secrets();
        let found = crate::analysis::origin::of(&seen);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected, "{event}");
    }
    Ok(())
}
