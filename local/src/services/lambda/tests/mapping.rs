//! Event source mappings: the operations.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::fixture::{Answer, Fixture};
use crate::services::tests::{self, REGION};
use crate::{Call, Principal};

pub(super) const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

pub(super) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:000000000000:{name}")
}

impl Fixture {
    /// The queue `jobs`, and the function `worker`, which cannot run.
    async fn with_queue_and_function(settles: Duration) -> Self {
        let fixture = Self::with_time(1.0, settles).await;
        fixture.ask("sqs", "CreateQueue", json!({ "QueueName": "jobs" })).await;
        fixture.declare("worker", json!({})).await;
        fixture
    }

    /// Creates a mapping of `jobs` to `worker` with more parameters.
    pub(super) async fn map(&self, more: Value) -> Answer {
        let mut input = json!({ "EventSourceArn": queue_arn("jobs"), "FunctionName": "worker" });
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        self.send(Method::POST, MAPPINGS, input).await
    }

    /// Waits until a mapping is in a state.
    pub(super) async fn until(&self, uuid: &str, state: &str) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.send(Method::GET, &format!("{MAPPINGS}/{uuid}"), Value::Null).await;
            if answer.body["State"] == state || state == "gone" && answer.status == 404 {
                return answer;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{uuid} does not become {state}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.body[name].as_str().unwrap()
}

#[tokio::test]
async fn a_mapping_is_created_read_listed_changed_and_deleted() {
    let fixture = Fixture::with_queue_and_function(Duration::ZERO).await;
    let created = fixture.map(json!({ "Tags": { "a": "1" } })).await;
    assert_eq!(created.status, 202, "{}", created.body);
    let uuid = text(&created, "UUID");
    let path = format!("{MAPPINGS}/{uuid}");
    let arn = format!("arn:aws:lambda:{REGION}:000000000000:event-source-mapping:{uuid}");
    let mut expected = json!({
        "UUID": uuid,
        "EventSourceMappingArn": arn,
        "EventSourceArn": queue_arn("jobs"),
        "FunctionArn": format!("arn:aws:lambda:{REGION}:000000000000:function:worker"),
        "LastModified": created.body["LastModified"],
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
    });
    assert_eq!(created.body, expected);
    let read = fixture.send(Method::GET, &path, Value::Null).await;
    assert_eq!((read.status, &read.body), (200, &expected));
    let change = json!({
        "BatchSize": 100, "MaximumBatchingWindowInSeconds": 5, "Enabled": false,
        "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": { "MaximumConcurrency": 7 },
        "FilterCriteria": { "Filters": [{ "Pattern": "{\"body\":[\"a\"]}" }] },
    });
    let changed = fixture.send(Method::PUT, &path, change.clone()).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    for (name, value) in change.as_object().unwrap().iter().filter(|(name, _)| *name != "Enabled") {
        expected[name] = value.clone();
    }
    expected["State"] = json!("Disabled");
    expected["LastModified"] = changed.body["LastModified"].clone();
    assert_eq!(changed.body, expected);
    // Empty structures remove, what is not named stays.
    let change = json!({ "ScalingConfig": {}, "FilterCriteria": {}, "FunctionResponseTypes": [] });
    let changed = fixture.send(Method::PUT, &path, change).await;
    assert_eq!((&changed.body["BatchSize"], &changed.body["FunctionResponseTypes"]), (&json!(100), &json!([])));
    assert_eq!((changed.body.get("ScalingConfig"), changed.body.get("FilterCriteria")), (None, None));
    let listed = fixture.send(Method::GET, MAPPINGS, Value::Null).await;
    assert_eq!(listed.body, json!({ "EventSourceMappings": [changed.body] }));
    let tags = format!("/2017-03-31/tags/{}", arn.replace(':', "%3A"));
    assert_eq!(fixture.send(Method::POST, &tags, json!({ "Tags": { "b": "2" } })).await.status, 204);
    assert_eq!(fixture.send(Method::DELETE, &format!("{tags}?tagKeys=a"), Value::Null).await.status, 204);
    assert_eq!(fixture.send(Method::GET, &tags, Value::Null).await.body, json!({ "Tags": { "b": "2" } }));
    let deleted = fixture.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!((deleted.status, &deleted.body["UUID"]), (202, &json!(uuid)));
    for (method, path) in [(Method::GET, &path), (Method::PUT, &path), (Method::DELETE, &path), (Method::GET, &tags)] {
        let gone = fixture.send(method, path, Value::Null).await;
        assert!(gone.is_error(404, "ResourceNotFoundException", "The resource you requested does not exist."));
    }
}

#[tokio::test]
async fn a_change_takes_a_while_and_excludes_others() {
    let fixture = Fixture::with_queue_and_function(Duration::from_millis(300)).await;
    let created = fixture.map(json!({})).await;
    assert_eq!(created.body["State"], "Creating", "{}", created.body);
    let path = format!("{MAPPINGS}/{}", text(&created, "UUID"));
    let uuid = text(&created, "UUID");
    for (method, change, during, after) in [
        (None, Value::Null, "Creating", "Enabled"),
        (Some(Method::PUT), json!({ "BatchSize": 5 }), "Updating", "Enabled"),
        (Some(Method::PUT), json!({ "Enabled": false }), "Disabling", "Disabled"),
        (Some(Method::PUT), json!({ "BatchSize": 6 }), "Updating", "Disabled"),
        (Some(Method::PUT), json!({ "Enabled": true }), "Enabling", "Enabled"),
        (Some(Method::DELETE), Value::Null, "Deleting", "gone"),
    ] {
        if let Some(method) = method {
            let answer = fixture.send(method, &path, change.clone()).await;
            assert_eq!((answer.status, &answer.body["State"]), (202, &json!(during)), "{change}");
        }
        for (method, verb) in [(Method::PUT, "update"), (Method::DELETE, "delete")] {
            let busy = fixture.send(method, &path, json!({ "BatchSize": 7 })).await;
            let words = format!("Cannot {verb} the event source mapping because it is in use.");
            assert!(busy.is_error(400, "ResourceInUseException", &words), "{during}");
            assert_eq!(busy.body["Message"], words);
        }
        fixture.until(uuid, after).await;
    }
}

#[tokio::test]
async fn invalid_mappings_are_refused_in_awss_words() {
    let fixture = Fixture::with_queue_and_function(Duration::ZERO).await;
    fixture.declare("slow", json!({ "Timeout": 60 })).await;
    let invalid = "InvalidParameterValueException";
    let fifo = queue_arn("jobs.fifo");
    let violation = |value: &str, member: &str, constraint: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
        )
    };
    let missing_queue = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS \
                         Error Message: The specified queue does not exist.";
    let cases: Vec<(Value, u16, &str, String)> = vec![
        (json!({ "EventSourceArn": null }), 400, invalid, "Unrecognized event source.".to_owned()),
        (json!({ "EventSourceArn": "queue" }), 400, invalid, "Unrecognized event source.".to_owned()),
        (json!({ "EventSourceArn": fifo }), 501, "NotImplemented", "FIFO queue".to_owned()),
        (
            json!({ "EventSourceArn": "arn:aws:kinesis:eu-west-1:000000000000:stream/s" }),
            501,
            "NotImplemented",
            "kinesis".to_owned(),
        ),
        (json!({ "EventSourceArn": queue_arn("none") }), 400, invalid, missing_queue.to_owned()),
        (
            json!({ "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:jobs" }),
            400,
            invalid,
            missing_queue.to_owned(),
        ),
        (json!({ "FunctionName": "none" }), 400, invalid, "Function does not exist".to_owned()),
        (json!({ "FunctionName": "worker:7" }), 400, invalid, "Function does not exist".to_owned()),
        (
            json!({ "FunctionName": "slow" }),
            400,
            invalid,
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds".to_owned(),
        ),
        (
            json!({ "StartingPosition": "LATEST" }),
            400,
            invalid,
            "StartingPosition is not valid for SQS event sources.".to_owned(),
        ),
        (
            json!({ "StartingPositionTimestamp": 1 }),
            400,
            invalid,
            "StartingPosition is not valid for SQS event sources.".to_owned(),
        ),
        (
            json!({ "StartingPosition": "0" }),
            400,
            "ValidationException",
            violation("0", "startingPosition", "satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
        ),
        (
            json!({ "BatchSize": 11 }),
            400,
            invalid,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
                .to_owned(),
        ),
        (
            json!({ "BatchSize": 0 }),
            400,
            "ValidationException",
            violation("0", "batchSize", "have value greater than or equal to 1"),
        ),
        (
            json!({ "BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1 }),
            400,
            "ValidationException",
            violation("10001", "batchSize", "have value less than or equal to 10000"),
        ),
        (
            json!({ "MaximumBatchingWindowInSeconds": 301 }),
            400,
            "ValidationException",
            violation("301", "maximumBatchingWindowInSeconds", "have value less than or equal to 300"),
        ),
        (
            json!({ "ScalingConfig": { "MaximumConcurrency": 1 } }),
            400,
            "ValidationException",
            violation("1", "scalingConfig.maximumConcurrency", "have value greater than or equal to 2"),
        ),
        (
            json!({ "ScalingConfig": { "MaximumConcurrency": 1001 } }),
            400,
            "ValidationException",
            violation("1001", "scalingConfig.maximumConcurrency", "have value less than or equal to 1000"),
        ),
        (
            json!({ "FunctionResponseTypes": ["All"] }),
            400,
            "ValidationException",
            "[ReportBatchItemFailures]".to_owned(),
        ),
        (
            json!({ "FilterCriteria": { "Filters": [{ "Pattern": "text" }] } }),
            400,
            invalid,
            "Invalid filter pattern definition.".to_owned(),
        ),
        (
            json!({ "Topics": ["t"] }),
            501,
            "NotImplemented",
            "CreateEventSourceMapping with parameter Topics".to_owned(),
        ),
        (json!({ "Tags": { "aws:x": "1" } }), 400, invalid, "reserved for AWS".to_owned()),
    ];
    for (parameters, status, code, words) in cases {
        let answer = fixture.map(parameters.clone()).await;
        assert!(answer.is_error(status, code, &words), "{parameters}");
    }
    assert_eq!(fixture.send(Method::GET, MAPPINGS, Value::Null).await.body["EventSourceMappings"], json!([]));
}

#[tokio::test]
async fn the_functions_role_must_be_allowed_to_poll() {
    let fixture = Fixture::with_queue_and_function(Duration::ZERO).await;
    let all = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    for missing in all {
        let others: Vec<&str> = all.into_iter().filter(|action| *action != missing).collect();
        fixture.put_role_policy("runner", &others).await;
        let action = missing.trim_start_matches("sqs:");
        let words = format!("The provided execution role does not have permissions to call {action} on SQS");
        assert!(fixture.map(json!({})).await.is_error(400, "InvalidParameterValueException", &words));
    }
    fixture.put_role_policy("runner", &all).await;
    assert_eq!(fixture.map(json!({})).await.status, 202);
}

#[tokio::test]
async fn a_queue_and_a_function_have_one_mapping() {
    let fixture = Fixture::with_queue_and_function(Duration::ZERO).await;
    fixture.declare("other", json!({})).await;
    fixture.ask("sqs", "CreateQueue", json!({ "QueueName": "more" })).await;
    let first = fixture.map(json!({})).await;
    let uuid = text(&first, "UUID");
    let words = format!(
        "An event source mapping with SQS arn (\" {} \") and function (\" worker \") already exists. Please update or delete \
         the existing mapping with UUID {uuid}",
        queue_arn("jobs")
    );
    let again =
        fixture.map(json!({ "FunctionName": format!("arn:aws:lambda:{REGION}:000000000000:function:worker") })).await;
    assert!(again.is_error(409, "ResourceConflictException", &words));
    assert_eq!(fixture.map(json!({ "EventSourceArn": queue_arn("more") })).await.status, 202);
    let other = fixture.map(json!({ "FunctionName": "other" })).await;
    assert_eq!(other.status, 202);
    let path = format!("{MAPPINGS}/{}", text(&other, "UUID"));
    let taken = fixture.send(Method::PUT, &path, json!({ "FunctionName": "worker" })).await;
    assert!(taken.is_error(409, "ResourceConflictException", &words));
    let listed = async |query: String| {
        let answer = fixture.send(Method::GET, &format!("{MAPPINGS}?{query}"), Value::Null).await;
        (answer.body["EventSourceMappings"].as_array().map_or(0, Vec::len), answer.body["NextMarker"].clone())
    };
    assert_eq!(listed("FunctionName=worker".to_owned()).await, (2, Value::Null));
    assert_eq!(listed(format!("EventSourceArn={}", queue_arn("jobs"))).await, (2, Value::Null));
    assert_eq!(listed(format!("EventSourceArn={}&FunctionName=other", queue_arn("jobs"))).await, (1, Value::Null));
    assert_eq!(listed("FunctionName=absent".to_owned()).await, (0, Value::Null));
    assert_eq!(listed("MaxItems=2".to_owned()).await, (2, json!("2")));
    assert_eq!(listed("MaxItems=2&Marker=2".to_owned()).await, (1, Value::Null));
    let wrong = fixture.send(Method::GET, &format!("{MAPPINGS}?MaxItems=0"), Value::Null).await;
    assert!(wrong.is_error(400, "ValidationException", "have value greater than or equal to 1"));
}

#[tokio::test]
async fn a_callers_policies_see_the_mapping_and_its_function() {
    let fixture = Fixture::with_queue_and_function(Duration::ZERO).await;
    fixture.declare("other", json!({})).await;
    fixture.create_role("caller").await;
    let worker = format!("arn:aws:lambda:{REGION}:000000000000:function:worker");
    let mappings = format!("arn:aws:lambda:{REGION}:000000000000:event-source-mapping:*");
    let statement = |actions: &[&str], resource: &str| {
        json!({ "Effect": "Allow", "Action": actions, "Resource": resource,
            "Condition": { "ArnEquals": { "lambda:FunctionArn": worker } } })
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        statement(&["lambda:CreateEventSourceMapping"], "*"),
        statement(&["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"], &mappings),
    ] });
    let policy = json!({ "RoleName": "caller", "PolicyName": "p", "PolicyDocument": policy.to_string() });
    fixture.ask("iam", "PutRolePolicy", policy).await;
    let perform = async |operation: &str, input: Value| {
        let session_arn = "arn:aws:sts::000000000000:assumed-role/caller/s".to_owned();
        let principal = Principal::Role { role_name: "caller".to_owned(), session_arn };
        fixture.cloud.perform(Call { principal, ..tests::call("lambda", operation, input) }).await
    };
    let create = |function: &str| json!({ "EventSourceArn": queue_arn("jobs"), "FunctionName": function });
    let made = perform("CreateEventSourceMapping", create("worker")).await.unwrap();
    let uuid = &made["UUID"];
    for (operation, input, is_allowed) in [
        ("CreateEventSourceMapping", create("other"), false),
        ("GetEventSourceMapping", json!({ "UUID": uuid }), true),
        ("UpdateEventSourceMapping", json!({ "UUID": uuid, "BatchSize": 5 }), true),
        ("UpdateEventSourceMapping", json!({ "UUID": uuid, "FunctionName": "other" }), false),
        ("ListEventSourceMappings", json!({}), false),
        ("ListTags", json!({ "Resource": made["EventSourceMappingArn"] }), false),
        ("DeleteEventSourceMapping", json!({ "UUID": uuid }), true),
    ] {
        let answer = perform(operation, input.clone()).await;
        assert_eq!(answer.is_ok(), is_allowed, "{operation} {input}: {answer:?}");
        if let Err(error) = answer {
            assert_eq!(error.code, "AccessDeniedException", "{operation}");
        }
    }
}
