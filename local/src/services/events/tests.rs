#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::LocalConfig;
use crate::services::tests::{self, REGION};

/// An account with the queues `target` and `dlq`.
struct Fixture {
    cloud: Cloud,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (cloud, _folder) = tests::cloud(LocalConfig { time_scale: 1000.0, ..LocalConfig::default() });
        let fixture = Self { cloud, _folder };
        for name in ["target", "dlq"] {
            fixture.queue(name, "arn:aws:events:*:*:rule/*").await;
        }
        fixture
    }

    /// Creates a queue that rules may send to.
    async fn queue(&self, name: &str, source: &str) {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": queue_arn(name), "Condition": {"ArnLike": {"aws:SourceArn": source}}
        }]});
        let input = json!({"QueueName": name, "Attributes": {"Policy": policy.to_string()}});
        tests::ask(&self.cloud, "sqs", "CreateQueue", input).await.unwrap();
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        tests::ask(&self.cloud, "events", operation, input).await
    }

    /// A rule with one target.
    async fn rule(&self, pattern: Value, target: Value) {
        self.call("PutRule", json!({"Name": "rule", "EventPattern": pattern.to_string()})).await.unwrap();
        self.call("PutTargets", json!({"Rule": "rule", "Targets": [target]})).await.unwrap();
    }

    fn send(&self, source: &str, detail: Value) {
        let event = Event::now(source, "Something Happened", Vec::new(), detail);
        put_event(&self.cloud, REGION, "default", event).unwrap();
    }
}

fn queue_arn(name: &str) -> String {
    arn::local("sqs", REGION, name)
}

/// `Rule` in the API reference has no `CreatedBy`.
#[tokio::test]
async fn a_description_names_the_creator_and_a_list_does_not() {
    let fixture = Fixture::new().await;
    fixture.rule(json!({"source": ["a"]}), json!({"Id": "1", "Arn": queue_arn("target")})).await;
    let described = fixture.call("DescribeRule", json!({"Name": "rule"})).await.unwrap();
    assert_eq!(described["CreatedBy"], "000000000000");
    let listed = fixture.call("ListRules", json!({})).await.unwrap();
    assert_eq!((&listed["Rules"][0]["Name"], listed["Rules"][0].get("CreatedBy")), (&json!("rule"), None));
}

#[tokio::test]
async fn invalid_parameters_return_awss_errors() {
    let fixture = Fixture::new().await;
    fixture.rule(json!({"source": ["a"]}), json!({"Id": "1", "Arn": queue_arn("target")})).await;
    let target = |extra: Value| {
        let mut target = json!({"Id": "2", "Arn": queue_arn("target")});
        target.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"Rule": "rule", "Targets": [target]})
    };
    let cases = [
        ("PutRule", json!({"Name": "x"}), "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        (
            "PutRule",
            json!({"Name": "x", "EventPattern": "{\"source\": \"a\"}"}),
            "Event pattern is not valid. Reason: \"source\" must be an object or an array",
        ),
        (
            "PutRule",
            json!({"Name": "x", "ScheduleExpression": "rate(1 minutes)"}),
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            "PutRule",
            json!({"Name": "x y", "EventPattern": "{}"}),
            "1 validation error detected: Value 'x y' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
        ),
        (
            "PutRule",
            json!({"Name": "x", "EventPattern": "{\"source\": [\"a\"]}", "EventBusName": "none"}),
            "Event bus none does not exist.",
        ),
        (
            "PutRule",
            json!({"Name": "x", "EventPattern": "{\"source\": [\"a\"]}", "State": "ON"}),
            "1 validation error detected: Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
        ),
        ("DescribeRule", json!({"Name": "none"}), "Rule none does not exist on EventBus default."),
        (
            "PutTargets",
            json!({"Rule": "none", "Targets": [{"Id": "1", "Arn": queue_arn("target")}]}),
            "Rule none does not exist on EventBus default.",
        ),
        ("DeleteRule", json!({"Name": "rule"}), "Rule can't be deleted since it has targets."),
        (
            "PutTargets",
            target(json!({"Arn": "queue"})),
            "Parameter queue is not valid. Reason: Provided Arn is not in correct format.",
        ),
        (
            "PutTargets",
            target(json!({"RetryPolicy": {"MaximumEventAgeInSeconds": 59}})),
            "1 validation error detected: Value '59' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60",
        ),
        (
            "PutTargets",
            target(json!({"RetryPolicy": {"MaximumRetryAttempts": 186}})),
            "1 validation error detected: Value '186' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 185",
        ),
        (
            "PutTargets",
            target(json!({"Input": "{}", "InputPath": "$"})),
            "Only one of Input, InputPath, or InputTransformer must be provided for target 2.",
        ),
        ("DeleteEventBus", json!({"Name": "default"}), "Cannot delete event bus default."),
        (
            "PutEvents",
            json!({"Entries": vec![json!({"Source": "a", "DetailType": "b", "Detail": "{}"}); 11]}),
            "1 validation error detected: Value '[PutEventsRequestEntry, ...]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            "PutEvents",
            json!({"Entries": [{"Source": "a", "DetailType": "b", "Detail": "x".repeat(256 * 1024)}]}),
            "Total size of the entries in the request is over the limit.",
        ),
    ];
    for (operation, input, message) in cases {
        let error = fixture.call(operation, input.clone()).await.unwrap_err();
        assert_eq!(error.message, message, "{operation} {input}");
    }
}

#[tokio::test]
async fn a_rule_holds_five_targets() {
    let fixture = Fixture::new().await;
    let targets: Vec<Value> = (0..6).map(|id| json!({"Id": id.to_string(), "Arn": queue_arn("target")})).collect();
    fixture.rule(json!({"source": ["a"]}), targets[0].clone()).await;
    let five = fixture.call("PutTargets", json!({"Rule": "rule", "Targets": targets[..5]})).await.unwrap();
    assert_eq!(five["FailedEntryCount"], 0);
    let error = fixture.call("PutTargets", json!({"Rule": "rule", "Targets": [targets[5]]})).await.unwrap_err();
    assert_eq!(error.code, "LimitExceededException");
    let listed = fixture.call("ListTargetsByRule", json!({"Rule": "rule"})).await.unwrap();
    assert_eq!(listed["Targets"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn updating_a_rule_keeps_its_targets() {
    let fixture = Fixture::new().await;
    fixture
        .call("PutRule", json!({"Name": "rule", "EventPattern": "{\"source\":[\"a\"]}", "Description": "old"}))
        .await
        .unwrap();
    fixture
        .rule(json!({"source": ["b"]}), json!({"Id": "1", "Arn": queue_arn("target"), "InputPath": "$.detail"}))
        .await;
    fixture.call("PutRule", json!({"Name": "rule", "EventPattern": "{\"source\":[\"c\"]}"})).await.unwrap();
    let rule = fixture.call("DescribeRule", json!({"Name": "rule"})).await.unwrap();
    assert_eq!((&rule["EventPattern"], &rule["Description"]), (&json!("{\"source\":[\"c\"]}"), &Value::Null));
    assert_eq!(rule["Arn"], json!("arn:aws:events:eu-west-1:000000000000:rule/rule"));
    let names = fixture.call("ListRuleNamesByTarget", json!({"TargetArn": queue_arn("target")})).await.unwrap();
    assert_eq!(names["RuleNames"], json!(["rule"]));
}

#[tokio::test]
async fn an_event_reaches_the_targets_of_matching_rules() {
    let fixture = Fixture::new().await;
    fixture
        .rule(json!({"source": ["orders"], "detail": {"n": [1]}}), json!({"Id": "1", "Arn": queue_arn("target")}))
        .await;
    fixture.send("other", json!({"n": 1}));
    fixture.send("orders", json!({"n": 2}));
    fixture.send("orders", json!({"n": 1}));
    let event = tests::receive_body(&fixture.cloud, "target").await;
    assert_eq!(event["detail"], json!({"n": 1}));
    let members: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(members, ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]);
}

#[tokio::test]
async fn a_disabled_rule_is_silent() {
    let fixture = Fixture::new().await;
    fixture.rule(json!({"source": ["orders"]}), json!({"Id": "1", "Arn": queue_arn("target")})).await;
    fixture.call("DisableRule", json!({"Name": "rule"})).await.unwrap();
    fixture.send("orders", json!({"n": 1}));
    fixture.call("EnableRule", json!({"Name": "rule"})).await.unwrap();
    fixture.send("orders", json!({"n": 2}));
    let body = tests::receive(&fixture.cloud, "target").await["Body"].as_str().unwrap().to_owned();
    assert!(body.contains("\"n\":2"), "{body}");
}

#[tokio::test]
async fn unauthorised_deliveries_are_dead_lettered_at_once() {
    let fixture = Fixture::new().await;
    fixture.queue("closed", "arn:aws:events:*:*:rule/another").await;
    let dead_letter = json!({"Arn": queue_arn("dlq")});
    let cases = [("closed", "NO_PERMISSIONS"), ("absent", "NO_RESOURCE")];
    for (queue, code) in cases {
        let target =
            json!({"Id": "1", "Arn": queue_arn(queue), "DeadLetterConfig": dead_letter, "InputPath": "$.detail"});
        fixture.rule(json!({"source": ["orders"]}), target).await;
        fixture.send("orders", json!({"queue": queue}));
        let message = tests::receive(&fixture.cloud, "dlq").await;
        let attribute = |name: &str| message["MessageAttributes"][name]["StringValue"].clone();
        assert_eq!(attribute("ERROR_CODE"), code);
        assert_eq!(attribute("RETRY_ATTEMPTS"), "0");
        assert_eq!(attribute("EXHAUSTED_RETRY_CONDITION"), Value::Null);
        assert_eq!(attribute("RULE_ARN"), "arn:aws:events:eu-west-1:000000000000:rule/rule");
        assert_eq!(attribute("TARGET_ARN"), json!(queue_arn(queue)));
        let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        assert_eq!(event["detail"]["queue"], json!(queue), "the whole event, not the target's part of it");
    }
}

#[tokio::test]
async fn each_target_gets_its_transformed_input() {
    let fixture = Fixture::new().await;
    let detail = json!({"name": "a \"b\"", "count": 3, "list": [{"x-y": 1}]});
    let cases = [
        (json!({"Input": "{\"fixed\":true}"}), "{\"fixed\":true}"),
        (json!({"InputPath": "$.detail.list[0]['x-y']"}), "1"),
        (
            json!({"InputTransformer": {
                "InputPathsMap": {"name": "$.detail.name", "count": "$.detail.count", "none": "$.detail.none"},
                "InputTemplate": "{\"n\": <name>, \"t\": \"<name>: <count><none>\", \"r\": \"<aws.events.rule-name>\", \"x\": <none>}"
            }}),
            r#"{"n": "a \"b\"", "t": "a \"b\": 3", "r": "rule", "x": null}"#,
        ),
    ];
    for (shape, expected) in cases {
        let mut target = json!({"Id": "1", "Arn": queue_arn("target")});
        target.as_object_mut().unwrap().extend(shape.as_object().unwrap().clone());
        fixture.rule(json!({"source": ["orders"]}), target).await;
        fixture.send("orders", detail.clone());
        assert_eq!(tests::receive(&fixture.cloud, "target").await["Body"], expected);
    }
}

#[tokio::test]
async fn entries_are_accepted_or_rejected_individually() {
    let fixture = Fixture::new().await;
    let entries = json!([
        {"Source": "orders", "DetailType": "t", "Detail": "{}"},
        {"Source": "aws.lambda", "DetailType": "t", "Detail": "{}"},
        {"Source": "orders", "DetailType": "t", "Detail": "[]"},
        {"Source": "orders", "Detail": "{}"},
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "orders", "DetailType": "t"},
    ]);
    let answer = fixture.call("PutEvents", json!({"Entries": entries})).await.unwrap();
    assert_eq!(answer["FailedEntryCount"], 5);
    assert!(answer["Entries"][0]["EventId"].is_string());
    let codes: Vec<&str> =
        answer["Entries"].as_array().unwrap()[1..].iter().map(|entry| entry["ErrorCode"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        ["NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument", "InvalidArgument", "InvalidArgument"]
    );
    let message = &answer["Entries"][3]["ErrorMessage"];
    assert_eq!(message, "Parameter DetailType is not valid. Reason: DetailType is a required argument.");
}

#[tokio::test]
async fn buses_forward_events_but_do_not_loop() {
    let fixture = Fixture::new().await;
    let created = fixture.call("CreateEventBus", json!({"Name": "second"})).await.unwrap();
    let bus = created["EventBusArn"].as_str().unwrap();
    fixture.rule(json!({"source": ["orders"]}), json!({"Id": "1", "Arn": bus})).await;
    let pattern = "{\"source\":[\"orders\"]}";
    let on_second = json!({"Name": "back", "EventPattern": pattern, "EventBusName": bus});
    let rule = fixture.call("PutRule", on_second).await.unwrap();
    assert_eq!(rule["RuleArn"], "arn:aws:events:eu-west-1:000000000000:rule/second/back");
    let targets = json!([
        {"Id": "1", "Arn": "arn:aws:events:eu-west-1:000000000000:event-bus/default"},
        {"Id": "2", "Arn": queue_arn("target")}
    ]);
    fixture.call("PutTargets", json!({"Rule": "back", "EventBusName": "second", "Targets": targets})).await.unwrap();
    fixture.send("orders", json!({}));
    tests::receive(&fixture.cloud, "target").await;
    let refused = fixture.call("DeleteEventBus", json!({"Name": "second"})).await.unwrap_err();
    assert_eq!(refused.code, "ValidationException");
}

#[tokio::test]
async fn a_rate_fires_until_the_rule_is_deleted() {
    let fixture = Fixture::new().await;
    fixture.call("PutRule", json!({"Name": "rule", "ScheduleExpression": "rate(1 minute)"})).await.unwrap();
    fixture
        .call("PutTargets", json!({"Rule": "rule", "Targets": [{"Id": "1", "Arn": queue_arn("target")}]}))
        .await
        .unwrap();
    let event = tests::receive_body(&fixture.cloud, "target").await;
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("aws.events"), &json!("Scheduled Event")));
    assert_eq!(event["resources"], json!(["arn:aws:events:eu-west-1:000000000000:rule/rule"]));
}

#[tokio::test]
async fn rules_and_buses_have_tags() {
    let fixture = Fixture::new().await;
    let tags = json!([{"Key": "incidentctl:stack", "Value": "devops"}]);
    let pattern = "{\"source\":[\"a\"]}";
    let rule = fixture.call("PutRule", json!({"Name": "rule", "EventPattern": pattern, "Tags": tags})).await.unwrap();
    let arn = rule["RuleArn"].clone();
    fixture.call("PutRule", json!({"Name": "rule", "EventPattern": pattern, "Tags": []})).await.unwrap();
    fixture.call("TagResource", json!({"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]})).await.unwrap();
    fixture.call("UntagResource", json!({"ResourceARN": arn, "TagKeys": ["a"]})).await.unwrap();
    let listed = fixture.call("ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap();
    assert_eq!(listed["Tags"], tags);
}

/// Every sample a service would put on a bus; the others are inputs of functions.
#[test]
fn partial_events_are_completed_and_invalid_ones_rejected() {
    let cases = [
        ("\u{feff}{\"source\": \"aws.ecs\", \"detail-type\": \"x\"}", true),
        ("{\"Records\": []}", false),
        ("{\"source\": 1, \"detail-type\": \"x\"}", false),
        ("[]", false),
        ("no json", false),
    ];
    for (text, expected) in cases {
        assert_eq!(entries::complete(REGION, text).is_ok(), expected, "{text}");
    }
    let event =
        entries::complete(REGION, "{\"source\": \"aws.ecs\", \"detail-type\": \"x\", \"region\": \"us-west-2\"}")
            .unwrap();
    assert_eq!((&event["region"], &event["version"]), (&json!("us-west-2"), &json!("0")));
}

#[tokio::test]
async fn an_injected_event_may_come_from_aws() {
    let fixture = Fixture::new().await;
    fixture.rule(json!({"source": [{"prefix": "aws."}]}), json!({"Id": "1", "Arn": queue_arn("target")})).await;
    let answer =
        inject(&fixture.cloud, REGION, "{\"id\": \"7\", \"source\": \"aws.ecs\", \"detail-type\": \"x\"}").unwrap();
    assert_eq!(answer, json!({"id": "7", "matched": ["rule"]}));
    tests::receive(&fixture.cloud, "target").await;
}

#[tokio::test]
async fn test_event_pattern_matches_without_a_rule() {
    let fixture = Fixture::new().await;
    let least = json!({"id": "1", "account": "2", "source": "a", "time": "t", "region": "r", "detail-type": "d"});
    let with = |extra: Value| {
        let mut event = least.clone();
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        event
    };
    for (pattern, event, expected) in [
        (r#"{"source": ["a"]}"#, least.clone(), true),
        (r#"{"source": ["b"]}"#, least.clone(), false),
        (r#"{"resources": [{"exists": true}]}"#, with(json!({"resources": []})), false),
        (r#"{"detail.state.status": ["on"]}"#, with(json!({"detail": {"state": {"status": "on"}}})), true),
        (r#"{"detail": {"state": {"status": ["on"]}}}"#, with(json!({"detail": {"state.status": "on"}})), true),
        (
            r#"{"detail": {"items": {"id": [1], "late": [{"exists": false}]}}}"#,
            with(json!({"detail": {"items": [{"id": 1}, {"late": true}]}})),
            true,
        ),
        (
            r#"{"detail": {"a": [{"prefix": "x"}], "a": [{"anything-but": "y"}]}}"#,
            with(json!({"detail": {"a": "z"}})),
            true,
        ),
    ] {
        let input = json!({"EventPattern": pattern, "Event": event.to_string()});
        assert_eq!(fixture.call("TestEventPattern", input).await.unwrap()["Result"], expected, "{pattern} {event}");
    }
    for missing in ["id", "account", "source", "time", "region", "detail-type"] {
        let mut event = least.clone();
        event.as_object_mut().unwrap().remove(missing);
        let input = json!({"EventPattern": r#"{"source": ["a"]}"#, "Event": event.to_string()});
        let error = fixture.call("TestEventPattern", input).await.unwrap_err();
        assert_eq!(error.message, "Parameter Event is not valid.", "{missing}");
    }
    for event in ["plain string", "[]", "7"] {
        let input = json!({"EventPattern": r#"{"source": ["a"]}"#, "Event": event});
        let error = fixture.call("TestEventPattern", input).await.unwrap_err();
        assert_eq!((error.code.as_str(), &*error.message), ("ValidationException", "Parameter Event is not valid."));
    }
}

#[tokio::test]
async fn wildcards_that_are_too_complex_are_refused() {
    let fixture = Fixture::new().await;
    let reason = "Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard characters or fewer \
                  repeating character sequences after a wildcard character";
    for (wildcard, is_accepted) in [
        ("*:*:*:*:*:event-bus/*", false),
        ("arn:aws:events:us-east-1:*:event-bus/*", true),
        ("/Users/*/dir/dir/dir/dir/dir/doc.txt", true),
    ] {
        let pattern = json!({"source": [{"wildcard": wildcard}]}).to_string();
        let answer = fixture.call("PutRule", json!({"Name": "x", "EventPattern": pattern})).await;
        match answer {
            Ok(_) => assert!(is_accepted, "{wildcard}"),
            Err(error) => assert_eq!((is_accepted, &*error.message), (false, reason)),
        }
    }
}
