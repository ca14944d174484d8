use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

/// Any JSON, with the names and words that the adapters look for among it.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("ALARM".to_owned()),
        Just("FAILED".to_owned()),
        Just("aws.ecs".to_owned()),
        Just("aws:sqs".to_owned()),
        Just("aws.securityhub".to_owned()),
        Just("lambda".to_owned()),
        Just("arn:aws:lambda".to_owned()),
        "(?s).{0,20}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("Records".to_owned()),
        Just("detail".to_owned()),
        Just("detail-type".to_owned()),
        Just("source".to_owned()),
        Just("body".to_owned()),
        Just("Sns".to_owned()),
        Just("Message".to_owned()),
        Just("eventSource".to_owned()),
        Just("awslogs".to_owned()),
        Just("data".to_owned()),
        Just("requestContext".to_owned()),
        Just("functionArn".to_owned()),
        Just("condition".to_owned()),
        Just("responsePayload".to_owned()),
        Just("stackTrace".to_owned()),
        Just("state".to_owned()),
        Just("status".to_owned()),
        Just("findings".to_owned()),
        Just("containers".to_owned()),
        "[a-z]{1,8}",
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics_it(event in any_json()) {
        let rules = Rules::defaults().map_err(|error| TestCaseError::fail(error.to_string()))?;
        for one in classify(&event, &rules).unwrap_or_default() {
            prop_assert_eq!(one.outcome == Outcome::Incident, one.judgement.is_some());
        }
    }
}

#[test]
fn a_drill_is_an_incident_of_its_own_and_secrets_do_not_get_through() -> Result<(), Box<dyn std::error::Error>> {
    let event = |drill: &str| {
        json!({
            "version": "1.0",
            "requestContext": {"requestId": "r", "functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:f:1", "condition": "RetriesExhausted"},
            "requestPayload": {"incidentctl_drill": drill, "password": "of-a-customer"},
            "responsePayload": {"errorType": "E", "errorMessage": "login with password=hunter2 failed"},
        })
    };
    let rules = Rules::defaults()?;
    let one = |drill: &str| classify(&event(drill), &rules).map(|mut seen| seen.remove(0));
    assert_ne!(one("a")?.fingerprint.digest, one("b")?.fingerprint.digest);
    assert_eq!(one("a")?.fingerprint, one("a")?.fingerprint);
    let incident = one("a")?.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()).ok_or("no incident")?;
    let written = serde_json::to_string(&incident)?;
    assert!(!written.contains("hunter2") && !written.contains("of-a-customer"), "{written}");
    assert_eq!(incident.drill.as_deref(), Some("a"));
    Ok(())
}

#[test]
fn an_incident_knows_where_its_event_says_to_look() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::defaults()?;
    let origin = |source: &str,
                  detail_type: &str,
                  detail: Value|
     -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
        let event = json!({
            "id": "e", "source": source, "detail-type": detail_type, "account": "111111111111", "region": "eu-west-1",
            "detail": detail,
        });
        let incident = classify(&event, &rules)?.remove(0).incident("inc-1".to_owned(), String::new());
        Ok(incident.ok_or("no incident")?.origin.into_iter().collect())
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let invocation = |qualifier: &str, version: &str| {
        let arn = format!("arn:aws:lambda:eu-west-1:111111111111:function:orders{qualifier}");
        let detail = json!({
            "requestContext": {"functionArn": arn, "condition": "RetriesExhausted"},
            "responseContext": {"executedVersion": version}, "responsePayload": {"errorType": "E"},
        });
        origin("lambda", "Lambda Function Invocation Result - Failure", detail)
    };
    assert_eq!(invocation(":live", "42")?, pairs(&[("alias", "live"), ("version", "42")]));
    assert_eq!(invocation(":42", "42")?, pairs(&[("version", "42")]));
    assert_eq!(invocation(":$LATEST", "$LATEST")?, pairs(&[("version", "$LATEST")]));
    assert_eq!(invocation("", "")?, []);
    let execution = "arn:aws:states:eu-west-1:111111111111:execution:nightly:4f1c";
    let failed = json!({
        "executionArn": execution, "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:nightly",
        "name": "4f1c", "status": "FAILED",
    });
    let found = origin("aws.states", "Step Functions Execution Status Change", failed)?;
    assert_eq!(found, pairs(&[("execution", execution)]));
    let definition = "arn:aws:ecs:eu-west-1:111111111111:task-definition/web:3";
    let stopped = json!({
        "lastStatus": "STOPPED", "taskArn": "arn:aws:ecs:eu-west-1:111111111111:task/main/0f9d", "taskDefinitionArn": definition,
        "group": "service:web", "containers": [{"name": "app", "exitCode": 1}],
    });
    let found = origin("aws.ecs", "ECS Task State Change", stopped)?;
    assert_eq!(found, pairs(&[("container", "app"), ("task", "0f9d"), ("task_definition", definition)]));
    Ok(())
}
