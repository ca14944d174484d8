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
