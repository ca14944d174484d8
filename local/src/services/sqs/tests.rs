#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::services::tests;
use crate::{ApiError, Cloud, LocalConfig, Principal};

fn cloud(time_scale: f64) -> (Cloud, tempfile::TempDir) {
    tests::cloud(LocalConfig { time_scale, ..LocalConfig::default() })
}

/// Calls with the queue `jobs` added.
async fn call(cloud: &Cloud, operation: &str, mut input: Value) -> Result<Value, ApiError> {
    if input.get("QueueUrl").is_none() {
        input["QueueUrl"] = json!("http://127.0.0.1:1/000000000000/jobs");
    }
    tests::ask(cloud, "sqs", operation, input).await
}

async fn code(cloud: &Cloud, operation: &str, input: Value) -> String {
    call(cloud, operation, input).await.unwrap_err().code
}

#[tokio::test]
async fn create_is_idempotent_only_with_the_same_attributes() {
    let (cloud, _directory) = cloud(1.0);
    let create = |seconds: &str| json!({"QueueName": "jobs", "Attributes": {"VisibilityTimeout": seconds}});
    let first = call(&cloud, "CreateQueue", create("10")).await.unwrap();
    assert_eq!(first["QueueUrl"], "http://127.0.0.1:1/000000000000/jobs");
    assert_eq!(call(&cloud, "CreateQueue", create("10")).await.unwrap(), first);
    assert_eq!(code(&cloud, "CreateQueue", create("11")).await, "QueueNameExists");
    assert_eq!(code(&cloud, "CreateQueue", create("43201")).await, "InvalidAttributeValue");
    let unknown = json!({"QueueName": "other", "Attributes": {"Color": "red"}});
    assert_eq!(code(&cloud, "CreateQueue", unknown).await, "InvalidAttributeName");
    let dangling = json!({"QueueName": "other", "Attributes": {"RedrivePolicy":
        "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:000000000000:none\",\"maxReceiveCount\":3}"}});
    assert_eq!(code(&cloud, "CreateQueue", dangling).await, "InvalidParameterValue");
    call(&cloud, "DeleteQueue", json!({})).await.unwrap();
    assert_eq!(code(&cloud, "CreateQueue", create("10")).await, "QueueDeletedRecently");
    assert_eq!(code(&cloud, "GetQueueUrl", json!({"QueueName": "jobs"})).await, "QueueDoesNotExist");
}

#[tokio::test]
async fn an_in_flight_message_reappears_after_its_visibility_timeout() {
    let (cloud, _directory) = cloud(100.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let attributes = json!({"kind": {"DataType": "String", "StringValue": "x"}});
    let sent =
        call(&cloud, "SendMessage", json!({"MessageBody": "hello", "MessageAttributes": attributes})).await.unwrap();
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let receive = json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": 20, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]});
    let first = call(&cloud, "ReceiveMessage", receive.clone()).await.unwrap();
    assert_eq!(first["Messages"][0]["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(first["Messages"][0]["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(call(&cloud, "ReceiveMessage", receive.clone()).await.unwrap(), json!({}));
    let counts = call(&cloud, "GetQueueAttributes", json!({"AttributeNames": ["All"]})).await.unwrap();
    assert_eq!(counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "1");
    let mut waiting = receive;
    waiting["WaitTimeSeconds"] = json!(20);
    waiting["VisibilityTimeout"] = json!(3600);
    call(
        &cloud,
        "ChangeMessageVisibility",
        json!({"VisibilityTimeout": 5, "ReceiptHandle": first["Messages"][0]["ReceiptHandle"]}),
    )
    .await
    .unwrap();
    let again = call(&cloud, "ReceiveMessage", waiting).await.unwrap();
    assert_eq!(again["Messages"][0]["Attributes"]["ApproximateReceiveCount"], "2");
    for (receipt, left) in [(&first, "1"), (&again, "0")] {
        let receipt = receipt["Messages"][0]["ReceiptHandle"].clone();
        call(&cloud, "DeleteMessage", json!({"ReceiptHandle": receipt})).await.unwrap();
        let counts = call(&cloud, "GetQueueAttributes", json!({"AttributeNames": ["All"]})).await.unwrap();
        assert_eq!(counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"], left);
    }
    assert_eq!(code(&cloud, "DeleteMessage", json!({"ReceiptHandle": "nonsense"})).await, "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn a_long_poll_ends_when_a_message_arrives() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let poll = tokio::spawn({
        let cloud = cloud.clone();
        async move { call(&cloud, "ReceiveMessage", json!({"WaitTimeSeconds": 20})).await }
    });
    tokio::task::yield_now().await;
    call(&cloud, "SendMessage", json!({"MessageBody": "now"})).await.unwrap();
    let received = tokio::time::timeout(Duration::from_secs(10), poll).await.unwrap().unwrap().unwrap();
    assert_eq!(received["Messages"][0]["Body"], "now");
}

#[tokio::test]
async fn a_message_over_max_receive_count_is_dead_lettered() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
    let redrive =
        json!({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:dead", "maxReceiveCount": "2"}).to_string();
    let attributes = json!({"RedrivePolicy": redrive, "VisibilityTimeout": "0"});
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs", "Attributes": attributes})).await.unwrap();
    call(&cloud, "SendMessage", json!({"MessageBody": "poison"})).await.unwrap();
    for received in [true, true, false] {
        let reply = call(&cloud, "ReceiveMessage", json!({})).await.unwrap();
        assert_eq!(reply.get("Messages").is_some(), received);
    }
    let dead = "http://127.0.0.1:1/000000000000/dead";
    let moved = call(&cloud, "ReceiveMessage", json!({"QueueUrl": dead, "AttributeNames": ["All"]})).await.unwrap();
    let source = &moved["Messages"][0]["Attributes"]["DeadLetterQueueSourceArn"];
    assert_eq!(source, "arn:aws:sqs:eu-west-1:000000000000:jobs");
    let sources = call(&cloud, "ListDeadLetterSourceQueues", json!({"QueueUrl": dead})).await.unwrap();
    assert_eq!(sources["queueUrls"], json!(["http://127.0.0.1:1/000000000000/jobs"]));
}

#[tokio::test]
async fn a_service_needs_the_queues_policy_to_send() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let arn = "arn:aws:sqs:eu-west-1:000000000000:jobs";
    let events = || Principal::Service("events.amazonaws.com".to_owned());
    let send = |principal| super::send(&cloud, arn, "body".to_owned(), Vec::new(), principal, None);
    assert_eq!(send(events()).await.unwrap_err().code, "AccessDenied");
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]});
    call(&cloud, "SetQueueAttributes", json!({"Attributes": {"Policy": policy.to_string()}})).await.unwrap();
    assert!(send(events()).await.is_ok());
    assert!(send(Principal::Root).await.is_ok());
}

#[tokio::test]
async fn batches_fail_entry_by_entry() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let entries = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": ""}]);
    let reply = call(&cloud, "SendMessageBatch", json!({"Entries": entries})).await.unwrap();
    assert_eq!((&reply["Successful"][0]["Id"], &reply["Failed"][0]["Id"]), (&json!("a"), &json!("b")));
    let twice = json!({"Entries": [{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]});
    assert_eq!(code(&cloud, "SendMessageBatch", twice).await, "BatchEntryIdsNotDistinct");
    assert_eq!(code(&cloud, "SendMessageBatch", json!({"Entries": []})).await, "EmptyBatchRequest");
}
