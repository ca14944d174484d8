use std::time::Duration;

use serde_json::{Value, json};

use super::{draft, record};
use crate::config::LatencyProfile;
use crate::services::tests::{self, REGION, cloud};
use crate::{ApiError, Cloud, LocalConfig, Principal, history};

/// An account that takes any number of lookups, in which calls are in the history at once.
fn account() -> (Cloud, tempfile::TempDir) {
    let latency = LatencyProfile { trail_event: Duration::ZERO, ..LatencyProfile::QUICK };
    cloud(LocalConfig { latency, limits: None, ..LocalConfig::default() })
}

async fn lookup(cloud: &Cloud, input: Value) -> Result<Value, ApiError> {
    tests::ask(cloud, "cloudtrail", "LookupEvents", input).await
}

/// The names of the events that a lookup finds.
async fn names(cloud: &Cloud, input: Value) -> Vec<Value> {
    lookup(cloud, input).await.unwrap()["Events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["EventName"].clone())
        .collect()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

fn bring_in(cloud: &Cloud, events: Vec<Value>) {
    history::bring_in(cloud, REGION, json!({ "trail": events }).to_string().as_bytes()).unwrap();
}

fn past(minutes: i64, name: &str, function: &str) -> Value {
    let time = jiff::Timestamp::now() - Duration::from_secs(60 * minutes.unsigned_abs());
    let identity = json!({ "type": "AssumedRole", "arn": "arn:aws:sts::000000000000:assumed-role/ci/deploy-17" });
    json!({ "eventTime": time.to_string(), "eventSource": "lambda.amazonaws.com", "eventName": name,
        "userIdentity": identity, "requestParameters": { "functionName": function } })
}

#[tokio::test]
async fn events_are_found_by_one_attribute_newest_first() {
    let (cloud, _directory) = account();
    bring_in(
        &cloud,
        vec![
            past(9, "UpdateFunctionCode20150331v2", "orders"),
            past(3, "UpdateAlias20150331", "orders"),
            past(5, "GetFunction20150331v2", "billing"),
            past(100 * 24 * 60, "CreateFunction20150331", "orders"),
        ],
    );
    let of_orders = ["UpdateAlias20150331", "UpdateFunctionCode20150331v2"];
    assert_eq!(names(&cloud, attribute("ResourceName", "orders")).await, of_orders);
    assert_eq!(names(&cloud, attribute("ReadOnly", "false")).await, of_orders);
    assert_eq!(names(&cloud, attribute("ResourceName", "order")).await, [""; 0]);
    assert_eq!(names(&cloud, attribute("EventName", "UpdateFunctionCode")).await, [""; 0]);
    assert_eq!(names(&cloud, attribute("Username", "deploy-17")).await.len(), 3);
    let mut recent = attribute("ResourceType", "AWS::Lambda::Function");
    recent["StartTime"] = json!(jiff::Timestamp::now().as_second() - 7 * 60);
    assert_eq!(names(&cloud, recent).await, ["UpdateAlias20150331", "GetFunction20150331v2"]);
    let first = lookup(&cloud, json!({ "MaxResults": 2 })).await.unwrap();
    let second = lookup(&cloud, json!({ "MaxResults": 2, "NextToken": first["NextToken"] })).await.unwrap();
    assert_eq!((second["Events"].as_array().unwrap().len(), second.get("NextToken")), (1, None));
    let event = &first["Events"][0];
    let whole: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&whole["awsRegion"], &whole["eventID"], &whole["readOnly"]),
        (&json!(REGION), &event["EventId"], &json!(false))
    );
    assert_eq!(event["ReadOnly"], "false");
}

#[tokio::test]
async fn wrong_lookups_are_refused() {
    let (cloud, _directory) = account();
    bring_in(&cloud, vec![past(1, "CreateAlias20150331", "a"), past(2, "CreateAlias20150331", "b")]);
    let first = lookup(&cloud, json!({ "MaxResults": 1 })).await.unwrap();
    let mut other = attribute("Username", "root");
    other["NextToken"] = first["NextToken"].clone();
    let two = [("EventName", "a"), ("Username", "b")]
        .map(|(key, value)| json!({ "AttributeKey": key, "AttributeValue": value }));
    let cases = [
        (json!({ "LookupAttributes": two }), "InvalidLookupAttributesException"),
        (attribute("Colour", "red"), "InvalidLookupAttributesException"),
        (attribute("EventName", &"_".repeat(1001)), "InvalidLookupAttributesException"),
        (json!({ "StartTime": 2, "EndTime": 1 }), "InvalidTimeRangeException"),
        (json!({ "MaxResults": 51 }), "InvalidMaxResultsException"),
        (json!({ "MaxResults": 0 }), "InvalidMaxResultsException"),
        (json!({ "EventCategory": "data" }), "InvalidEventCategoryException"),
        (json!({ "EventCategory": "insight" }), "NotImplemented"),
        (other, "InvalidNextTokenException"),
    ];
    for (input, code) in cases {
        assert_eq!(lookup(&cloud, input.clone()).await.unwrap_err().code, code, "{input}");
    }
}

#[tokio::test]
async fn a_region_takes_two_lookups_a_second() {
    let (cloud, _directory) = cloud(LocalConfig { time_scale: 5.0, ..LocalConfig::default() });
    for _ in 0..2 {
        lookup(&cloud, json!({})).await.unwrap();
    }
    assert_eq!(lookup(&cloud, json!({})).await.unwrap_err().to_string(), "ThrottlingException: Rate exceeded");
    tokio::time::sleep(Duration::from_millis(210)).await;
    lookup(&cloud, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_call_is_in_the_history_after_a_time() {
    let latency = LatencyProfile { trail_event: Duration::from_secs(30), ..LatencyProfile::QUICK };
    let (cloud, _directory) = cloud(LocalConfig { latency, time_scale: 100.0, limits: None, ..LocalConfig::default() });
    let call = tests::call("sns", "CreateTopic", json!({ "Name": "a" }));
    record(&cloud, draft(&cloud, &call, None, Some("ASIAKEY")).unwrap(), None);
    assert_eq!(names(&cloud, json!({})).await, [""; 0]);
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(names(&cloud, json!({})).await, ["CreateTopic"]);
}

#[tokio::test]
async fn a_recorded_call_names_its_caller_and_leaves_out_what_is_secret() {
    let (cloud, _directory) = account();
    let mut call = tests::call("iam", "PutRolePolicy", json!({ "RoleName": "orders-role", "Token": "hunter2" }));
    let session_arn = "arn:aws:sts::000000000000:assumed-role/ci/deploy-17".to_owned();
    call.principal = Principal::Role { role_name: "ci".to_owned(), session_arn };
    record(&cloud, draft(&cloud, &call, None, Some("ASIAKEY")).unwrap(), None);
    assert_eq!(names(&cloud, json!({})).await, [""; 0], "IAM is global: its history is that of us-east-1");
    let mut lookup = tests::call("cloudtrail", "LookupEvents", attribute("ResourceName", "orders-role"));
    lookup.region = "us-east-1".to_owned();
    let found = Value::from(&super::handle(&cloud, &lookup).await.unwrap());
    assert_eq!(found["Events"][0]["Username"], "deploy-17");
    let whole: Value = serde_json::from_str(found["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&found["Events"][0]["AccessKeyId"], &whole["userIdentity"]["accessKeyId"]),
        (&json!("ASIAKEY"), &json!("ASIAKEY"))
    );
    assert_eq!(whole["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], "ci");
    assert_eq!(whole["requestParameters"], json!({ "roleName": "orders-role" }));
    for (service, operation) in
        [("dynamodb", "PutItem"), ("sqs", "SendMessage"), ("logs", "PutLogEvents"), ("sns", "Publish")]
    {
        assert!(
            draft(&cloud, &tests::call(service, operation, json!({})), None, None).is_none(),
            "{service} {operation}"
        );
    }
}
