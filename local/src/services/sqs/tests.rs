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
    let send = |principal| {
        let message = super::Outgoing { body: "body".to_owned(), ..Default::default() };
        super::send(&cloud, arn, message, principal, None)
    };
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

#[tokio::test]
async fn a_message_group_is_kept_and_validated() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let words = "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    for (group, is_valid) in [
        ("function:f:$LATEST", true),
        ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", true),
        (&"g".repeat(128), true),
        (&"g".repeat(129), false),
        ("a b", false),
        ("é", false),
        ("", false),
    ] {
        let sent = call(&cloud, "SendMessage", json!({"MessageBody": "1", "MessageGroupId": group})).await;
        match (sent, is_valid) {
            (Ok(_), true) => {
                let receive = json!({"AttributeNames": ["MessageGroupId"], "VisibilityTimeout": 3600});
                let received = call(&cloud, "ReceiveMessage", receive).await.unwrap();
                assert_eq!(received["Messages"][0]["Attributes"], json!({"MessageGroupId": group}));
            }
            (Err(error), false) => {
                let expected = format!("Value {group} for parameter MessageGroupId is invalid. Reason: {words}");
                assert_eq!((error.code.as_str(), error.message), ("InvalidParameterValue", expected));
            }
            (sent, _) => assert_eq!(sent.is_ok(), is_valid, "{group}"),
        }
    }
    let entries = json!([{"Id": "a", "MessageBody": "1", "MessageGroupId": "g"}, {"Id": "b", "MessageBody": "1", "MessageGroupId": "a b"}]);
    let batch = call(&cloud, "SendMessageBatch", json!({"Entries": entries})).await.unwrap();
    assert_eq!(
        (&batch["Successful"][0]["Id"], &batch["Failed"][0]["Code"]),
        (&json!("a"), &json!("InvalidParameterValue"))
    );
}

/// 200 messages of a storm and one of another group, received by consumers that hold 60 in flight, without deleting.
#[tokio::test]
async fn a_storm_does_not_hold_up_other_groups() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    for group in std::iter::repeat_n("storm", 200).chain(["quiet"]) {
        call(&cloud, "SendMessage", json!({"MessageBody": group, "MessageGroupId": group})).await.unwrap();
    }
    let mut bodies = Vec::new();
    for _ in 0..6 {
        let receive = json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": 3600});
        let received = call(&cloud, "ReceiveMessage", receive).await.unwrap();
        bodies.extend(received["Messages"].as_array().unwrap().iter().map(|message| message["Body"].clone()));
    }
    assert_eq!(bodies.iter().position(|body| body == "quiet"), Some(30));
    let metric = |name| super::metric(&cloud, tests::REGION, "jobs", name);
    assert_eq!(metric("ApproximateNumberOfNoisyGroups"), Some(1.0));
    assert_eq!(metric("ApproximateNumberOfMessagesNotVisible"), Some(60.0));
    assert_eq!(metric("ApproximateNumberOfMessagesNotVisibleInQuietGroups"), Some(1.0));
    assert_eq!(metric("ApproximateNumberOfMessagesVisible"), Some(141.0));
    assert_eq!(metric("ApproximateNumberOfMessagesVisibleInQuietGroups"), Some(0.0));
    assert_eq!(metric("ApproximateNumberOfNoisyGroupsInQuietGroups"), None);
}

/// A minute lasts 0.6 s: ages are AWS's seconds.
#[tokio::test]
async fn the_oldest_message_ages_on_awss_clock_until_its_third_receive() {
    let (cloud, _directory) = cloud(100.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let age = || super::metric(&cloud, tests::REGION, "jobs", "ApproximateAgeOfOldestMessage").unwrap();
    assert_eq!(age(), 0.0);
    call(&cloud, "SendMessage", json!({"MessageBody": "1"})).await.unwrap();
    while age() < 5.0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..3 {
        assert!(age() >= 5.0);
        call(&cloud, "ReceiveMessage", json!({"VisibilityTimeout": 0})).await.unwrap();
    }
    assert_eq!(age(), 0.0);
}

#[tokio::test]
async fn what_is_sent_received_and_deleted_is_counted() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let entries = json!([{"Id": "a", "MessageBody": "12345"}, {"Id": "b", "MessageBody": "1"}]);
    call(&cloud, "SendMessageBatch", json!({"Entries": entries})).await.unwrap();
    let received = call(&cloud, "ReceiveMessage", json!({"MaxNumberOfMessages": 10})).await.unwrap();
    call(&cloud, "ReceiveMessage", json!({})).await.unwrap();
    let delete = json!({"ReceiptHandle": received["Messages"][0]["ReceiptHandle"]});
    call(&cloud, "DeleteMessage", delete.clone()).await.unwrap();
    call(&cloud, "DeleteMessage", delete).await.unwrap();
    let now = jiff::Timestamp::now().as_second();
    for (metric, sum) in [
        ("NumberOfMessagesSent", 2.0),
        ("NumberOfMessagesReceived", 2.0),
        ("NumberOfMessagesDeleted", 1.0),
        ("NumberOfEmptyReceives", 1.0),
        ("SentMessageSize", 6.0),
    ] {
        let input = json!({"Namespace": "AWS/SQS", "MetricName": metric, "Dimensions": [{"Name": "QueueName", "Value": "jobs"}],
            "StartTime": now - 3600, "EndTime": now + 3600, "Period": 7200, "Statistics": ["Sum"]});
        let reply = tests::ask(&cloud, "monitoring", "GetMetricStatistics", input).await.unwrap();
        assert_eq!(reply["Datapoints"][0]["Sum"], sum, "{metric}");
    }
}

/// The queue `jobs` with `dead` as its dead-letter queue, in which these messages are.
async fn dead_letters(cloud: &Cloud, bodies: &[&str]) -> &'static str {
    let dead = "arn:aws:sqs:eu-west-1:000000000000:dead";
    call(cloud, "CreateQueue", json!({"QueueName": "dead"})).await.unwrap();
    let redrive = json!({"deadLetterTargetArn": dead, "maxReceiveCount": 1}).to_string();
    let attributes = json!({"RedrivePolicy": redrive, "VisibilityTimeout": "0"});
    call(cloud, "CreateQueue", json!({"QueueName": "jobs", "Attributes": attributes})).await.unwrap();
    for body in bodies {
        call(cloud, "SendMessage", json!({"MessageBody": body, "MessageGroupId": "g"})).await.unwrap();
    }
    for _ in 0..2 {
        call(cloud, "ReceiveMessage", json!({"MaxNumberOfMessages": 10})).await.unwrap();
    }
    assert_eq!(super::metric(cloud, tests::REGION, "dead", super::GAUGES[0]), Some(bodies.len() as f64));
    dead
}

async fn until_moved(cloud: &Cloud, dead: &str) -> Value {
    loop {
        let tasks = call(cloud, "ListMessageMoveTasks", json!({"SourceArn": dead})).await.unwrap();
        if tasks["Results"][0]["Status"] != "RUNNING" {
            return tasks["Results"][0].clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_redrive_brings_dead_letters_back_as_new_messages() {
    let (cloud, _directory) = cloud(100.0);
    let dead = dead_letters(&cloud, &["a", "b", "c"]).await;
    let start = json!({"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 2});
    call(&cloud, "StartMessageMoveTask", start.clone()).await.unwrap();
    let again = call(&cloud, "StartMessageMoveTask", start).await.unwrap_err();
    assert!(again.message.starts_with("There is already a task running."), "{again}");
    let task = until_moved(&cloud, dead).await;
    assert_eq!(
        (&task["Status"], &task["ApproximateNumberOfMessagesMoved"], &task["ApproximateNumberOfMessagesToMove"]),
        (&json!("COMPLETED"), &json!(3), &json!(3))
    );
    let input = json!({"AttributeNames": ["All"]});
    let message = tests::receive_with(&cloud, "jobs", input).await;
    let attributes = &message["Attributes"];
    assert_eq!((&attributes["ApproximateReceiveCount"], &attributes["MessageGroupId"]), (&json!("1"), &json!("g")));
    assert_eq!(attributes.get("DeadLetterQueueSourceArn"), None);
}

#[tokio::test]
async fn only_a_dead_letter_queue_is_redriven() {
    let (cloud, _directory) = cloud(1.0);
    let dead = dead_letters(&cloud, &["a", "b"]).await;
    let jobs = "arn:aws:sqs:eu-west-1:000000000000:jobs";
    for (input, code, words) in [
        (
            json!({"SourceArn": jobs}),
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            json!({"SourceArn": format!("{jobs}x")}),
            "ResourceNotFoundException",
            "the SourceArn parameter doesn't exist.",
        ),
        (
            json!({"SourceArn": dead, "DestinationArn": format!("{jobs}x")}),
            "ResourceNotFoundException",
            "the DestinationArn parameter doesn't exist.",
        ),
        (json!({"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 501}), "InvalidParameterValue", "between 1 and 500"),
    ] {
        let error = call(&cloud, "StartMessageMoveTask", input.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{input}");
        assert!(error.message.contains(words), "{error}");
    }
    let start = json!({"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 1});
    let task = call(&cloud, "StartMessageMoveTask", start).await.unwrap();
    while super::metric(&cloud, tests::REGION, "jobs", super::GAUGES[0]) != Some(1.0) {
        tokio::task::yield_now().await;
    }
    let cancel = json!({"TaskHandle": task["TaskHandle"]});
    let cancelled = call(&cloud, "CancelMessageMoveTask", cancel.clone()).await.unwrap();
    assert_eq!(cancelled, json!({"ApproximateNumberOfMessagesMoved": 1}));
    assert_eq!(until_moved(&cloud, dead).await["Status"], "CANCELLED");
    assert_eq!(code(&cloud, "CancelMessageMoveTask", cancel).await, "ResourceNotFoundException");
    // What was sent there and never came from a queue has no way back.
    let stray = super::Outgoing { body: "stray".to_owned(), ..Default::default() };
    call(&cloud, "PurgeQueue", json!({"QueueUrl": "http://127.0.0.1:1/000000000000/dead"})).await.unwrap();
    super::send(&cloud, dead, stray, Principal::Root, None).await.unwrap();
    call(&cloud, "StartMessageMoveTask", json!({"SourceArn": dead})).await.unwrap();
    let failed = until_moved(&cloud, dead).await;
    assert_eq!(
        (&failed["Status"], &failed["FailureReason"]),
        (&json!("FAILED"), &json!("CouldNotDetermineMessageSource"))
    );
}

#[tokio::test]
async fn a_receipt_handle_belongs_to_its_queue_and_its_message() {
    let (cloud, _directory) = cloud(1.0);
    let other = "http://127.0.0.1:1/000000000000/other";
    for name in ["jobs", "other"] {
        call(&cloud, "CreateQueue", json!({"QueueName": name})).await.unwrap();
    }
    call(&cloud, "SendMessage", json!({"MessageBody": "x"})).await.unwrap();
    let received = call(&cloud, "ReceiveMessage", json!({})).await.unwrap();
    let handle = received["Messages"][0]["ReceiptHandle"].clone();
    let refused = "ReceiptHandleIsInvalid";
    assert_eq!(code(&cloud, "DeleteMessage", json!({"QueueUrl": other, "ReceiptHandle": handle})).await, refused);
    let visible = json!({"ReceiptHandle": handle, "VisibilityTimeout": 0});
    let elsewhere = json!({"QueueUrl": other, "ReceiptHandle": handle, "VisibilityTimeout": 0});
    assert_eq!(code(&cloud, "ChangeMessageVisibility", elsewhere).await, refused);
    for _ in 0..2 {
        call(&cloud, "DeleteMessage", json!({"ReceiptHandle": handle})).await.unwrap();
    }
    let error = call(&cloud, "ChangeMessageVisibility", visible).await.unwrap_err();
    let words = "Reason: Message does not exist or is not available for visibility timeout change.";
    assert!(error.code == "InvalidParameterValue" && error.message.ends_with(words), "{error}");
}

#[tokio::test]
async fn messages_and_tags_that_sqs_refuses_are_refused() {
    let (cloud, _directory) = cloud(1.0);
    call(&cloud, "CreateQueue", json!({"QueueName": "jobs"})).await.unwrap();
    let attribute = |name: &str, kind: &str, value: &str| json!({"MessageBody": "x", "MessageAttributes": {name: {"DataType": kind, "StringValue": value}}});
    let large = json!({"DataType": "String", "StringValue": "x".repeat(600_000)});
    let entry = |id: &str| json!({"Id": id, "MessageBody": "x", "MessageAttributes": {"a": large}});
    for (operation, input, code, words) in [
        (
            "SendMessage",
            attribute("a", "String", ""),
            "InvalidParameterValue",
            "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        ("SendMessage", attribute("a.", "String", "x"), "InvalidParameterValue", "attribute name 'a.' is invalid"),
        (
            "SendMessage",
            attribute("AWS.a", "String", "x"),
            "InvalidParameterValue",
            "attribute name 'AWS.a' is invalid",
        ),
        ("SendMessage", attribute("a b", "String", "x"), "InvalidParameterValue", "attribute name 'a b' is invalid"),
        ("SendMessage", attribute("a", "Number", "ten"), "InvalidParameterValue", "to a number"),
        ("SendMessage", attribute("a", "String", "\u{1}"), "InvalidParameterValue", "characters that are not allowed"),
        ("SendMessage", json!({"MessageBody": "\u{fffe}"}), "InvalidMessageContents", "Invalid characters found"),
        (
            "SendMessage",
            json!({"MessageBody": "x", "MessageGroupId": "group 1"}),
            "InvalidParameterValue",
            "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        ),
        (
            "SendMessageBatch",
            json!({"Entries": [entry("a"), entry("b")]}),
            "BatchRequestTooLong",
            "Batch requests cannot be longer than 1048576 bytes.",
        ),
        (
            "ReceiveMessage",
            json!({"WaitTimeSeconds": 21}),
            "InvalidParameterValue",
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
        ("TagQueue", json!({"Tags": {"": "v"}}), "InvalidParameterValue", "the tag key '' is not valid"),
        (
            "TagQueue",
            json!({"Tags": {"k": "v".repeat(257)}}),
            "InvalidParameterValue",
            "the value of the tag 'k' is not valid",
        ),
        (
            "CreateQueue",
            json!({"QueueName": "b", "tags": {"k<": "v"}}),
            "InvalidParameterValue",
            "the tag key 'k<' is not valid",
        ),
    ] {
        let error = call(&cloud, operation, input.clone()).await.unwrap_err();
        assert!(error.code == code && error.message.contains(words), "{operation}: {error}");
    }
    let tags =
        |from: usize| (from..from + 30).map(|at| (format!("k{at}"), json!("v"))).collect::<serde_json::Map<_, _>>();
    call(&cloud, "TagQueue", json!({"Tags": tags(0)})).await.unwrap();
    assert_eq!(code(&cloud, "TagQueue", json!({"Tags": tags(30)})).await, "InvalidParameterValue");
    call(&cloud, "SendMessage", json!({"MessageBody": "x", "MessageGroupId": "fair"})).await.unwrap();
}
