//! CloudWatch Logs through its operations.

mod pages;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::LocalConfig;
use crate::config::LatencyProfile;
use crate::services::tests::{self, REGION};

/// An account in which log events are readable at once.
fn cloud() -> (Cloud, tempfile::TempDir) {
    let latency = LatencyProfile { log_event: Duration::ZERO, ..LatencyProfile::QUICK };
    tests::cloud(LocalConfig { latency, ..LocalConfig::default() })
}

async fn call(cloud: &Cloud, operation: &str, input: Value) -> Result<Value, ApiError> {
    tests::ask(cloud, "logs", operation, input).await
}

async fn refusal(cloud: &Cloud, operation: &str, input: Value) -> String {
    call(cloud, operation, input).await.unwrap_err().to_string()
}

/// One member of each list element.
fn column(reply: &Value, list: &str, name: &str) -> Vec<Value> {
    reply[list].as_array().unwrap().iter().map(|element| element[name].clone()).collect()
}

#[tokio::test]
async fn groups_are_created_described_tagged_and_deleted() {
    let (cloud, _directory) = cloud();
    let arn = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/a";
    call(&cloud, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/a", "tags": { "k": "v" } })).await.unwrap();
    call(&cloud, "CreateLogGroup", json!({ "logGroupName": "/aws/lambda/b" })).await.unwrap();
    call(&cloud, "PutRetentionPolicy", json!({ "logGroupName": "/aws/lambda/a", "retentionInDays": 14 }))
        .await
        .unwrap();
    let described = call(&cloud, "DescribeLogGroups", json!({ "logGroupNamePrefix": "/aws/lambda/a" })).await.unwrap();
    assert_eq!(column(&described, "logGroups", "arn"), [format!("{arn}:*")]);
    assert_eq!(column(&described, "logGroups", "logGroupArn"), [arn]);
    assert_eq!(column(&described, "logGroups", "retentionInDays"), [14]);
    let first = call(&cloud, "DescribeLogGroups", json!({ "limit": 1 })).await.unwrap();
    let second =
        call(&cloud, "DescribeLogGroups", json!({ "limit": 1, "nextToken": first["nextToken"] })).await.unwrap();
    assert_eq!(column(&second, "logGroups", "logGroupName"), ["/aws/lambda/b"]);
    assert_eq!(second.get("nextToken"), None);
    call(&cloud, "TagResource", json!({ "resourceArn": arn, "tags": { "l": "w" } })).await.unwrap();
    call(&cloud, "UntagResource", json!({ "resourceArn": arn, "tagKeys": ["k"] })).await.unwrap();
    let tags = call(&cloud, "ListTagsForResource", json!({ "resourceArn": arn })).await.unwrap();
    assert_eq!(tags["tags"], json!({ "l": "w" }));
    call(&cloud, "DeleteLogGroup", json!({ "logGroupName": "/aws/lambda/a" })).await.unwrap();
    assert!(!group_exists(&cloud, REGION, "/aws/lambda/a"));
}

#[tokio::test]
async fn mistakes_return_awss_errors() {
    let (cloud, _directory) = cloud();
    call(&cloud, "CreateLogGroup", json!({ "logGroupName": "group" })).await.unwrap();
    call(&cloud, "CreateLogStream", json!({ "logGroupName": "group", "logStreamName": "stream" })).await.unwrap();
    let late = json!({ "logGroupName": "group", "logStreamName": "stream",
        "logEvents": [{ "timestamp": 2, "message": "b" }, { "timestamp": 1, "message": "a" }] });
    let cases = [
        (
            "CreateLogGroup",
            json!({ "logGroupName": "group" }),
            "ResourceAlreadyExistsException: The specified log group already exists",
        ),
        (
            "CreateLogGroup",
            json!({ "logGroupName": "a b" }),
            "InvalidParameterException: 1 validation error detected: Value 'a b' at 'logGroupName'",
        ),
        ("CreateLogGroup", json!({ "logGroupName": "x", "logGroupClass": "DELIVERY" }), "NotImplemented"),
        (
            "DeleteLogGroup",
            json!({ "logGroupName": "absent" }),
            "ResourceNotFoundException: The specified log group does not exist.",
        ),
        (
            "PutRetentionPolicy",
            json!({ "logGroupName": "group", "retentionInDays": 15 }),
            "InvalidParameterException: 1 validation error detected: Value '15' at 'retentionInDays'",
        ),
        (
            "CreateLogStream",
            json!({ "logGroupName": "group", "logStreamName": "stream" }),
            "ResourceAlreadyExistsException: The specified log stream already exists",
        ),
        (
            "GetLogEvents",
            json!({ "logGroupName": "group", "logStreamName": "absent" }),
            "ResourceNotFoundException: The specified log stream does not exist.",
        ),
        (
            "PutLogEvents",
            late,
            "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.",
        ),
        ("StartLiveTail", json!({}), "NotImplemented: the local AWS does not implement logs:StartLiveTail"),
    ];
    for (operation, input, expected) in cases {
        let refused = refusal(&cloud, operation, input).await;
        assert!(refused.starts_with(expected), "{operation}: {refused}");
    }
}

#[tokio::test]
async fn events_are_paged_from_both_ends_and_filtered() {
    let (cloud, _directory) = cloud();
    create_group(&cloud, REGION, "group").unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    call(&cloud, "CreateLogStream", json!({ "logGroupName": "group", "logStreamName": "a" })).await.unwrap();
    let events: Vec<Value> = (0..5).map(|n| json!({ "timestamp": now + n, "message": format!("event {n}") })).collect();
    let put = json!({ "logGroupName": "group", "logStreamName": "a", "logEvents": events });
    call(&cloud, "PutLogEvents", put).await.unwrap();
    append(&cloud, REGION, "group", "b", vec![(now + 2, "other ERROR".to_owned())]).unwrap();
    let get = |extra: Value| {
        let mut input = json!({ "logGroupName": "group", "logStreamName": "a", "limit": 2 });
        input.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        input
    };
    let tail = call(&cloud, "GetLogEvents", get(json!({}))).await.unwrap();
    assert_eq!(column(&tail, "events", "message"), ["event 3", "event 4"]);
    let before = call(&cloud, "GetLogEvents", get(json!({ "nextToken": tail["nextBackwardToken"] }))).await.unwrap();
    assert_eq!(column(&before, "events", "message"), ["event 1", "event 2"]);
    let forward = &tail["nextForwardToken"];
    let end = call(&cloud, "GetLogEvents", get(json!({ "nextToken": forward, "startFromHead": true }))).await.unwrap();
    assert_eq!(column(&end, "events", "message"), [""; 0]);
    assert_eq!(&end["nextForwardToken"], forward);
    let head = call(&cloud, "GetLogEvents", get(json!({ "startFromHead": true, "startTime": now + 1 }))).await.unwrap();
    assert_eq!(column(&head, "events", "message"), ["event 1", "event 2"]);
    let all = call(&cloud, "FilterLogEvents", json!({ "logGroupName": "group", "limit": 4 })).await.unwrap();
    assert_eq!(column(&all, "events", "message"), ["event 0", "event 1", "event 2", "other ERROR"]);
    let rest = call(&cloud, "FilterLogEvents", json!({ "logGroupName": "group", "nextToken": all["nextToken"] }))
        .await
        .unwrap();
    assert_eq!(column(&rest, "events", "message"), ["event 3", "event 4"]);
    let errors = call(&cloud, "FilterLogEvents", json!({ "logGroupName": "group", "filterPattern": "ERROR" })).await;
    assert_eq!(column(&errors.unwrap(), "events", "logStreamName"), ["b"]);
}

/// The `:*` at the end of the ARN in most policies, and its absence in those for tags, both count.
#[test]
fn tags_need_the_arn_of_the_group_and_all_else_that_of_its_streams() {
    let group = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/a";
    let needed =
        |operation: &str, input: Value| authorization(&tests::call("logs", operation, input)).remove(0).resource;
    for operation in ["ListTagsForResource", "TagResource", "UntagResource"] {
        assert_eq!(needed(operation, json!({"resourceArn": group})), group, "{operation}");
    }
    for operation in ["CreateLogGroup", "DeleteLogGroup", "FilterLogEvents", "PutRetentionPolicy"] {
        let name = json!({"logGroupName": "/aws/lambda/a"});
        assert_eq!(needed(operation, name), format!("{group}:log-stream:"), "{operation}");
    }
}
