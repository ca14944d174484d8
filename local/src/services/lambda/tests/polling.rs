//! Event source mappings: how messages of a queue come to a function.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::mapping::{MAPPINGS, queue_arn};
use crate::services::sqs;
use crate::services::tests::{self, REGION};

/// A queue's visibility timeout of 30 s lasts a second.
const FAST: f64 = 30.0;

impl Fixture {
    /// The queue `jobs` with these attributes, and the function `worker`.
    async fn with_worker(time_scale: f64, attributes: Value) -> Self {
        let fixture = Self::with_time(time_scale, Duration::ZERO).await;
        fixture.ask("sqs", "CreateQueue", json!({ "QueueName": "dead" })).await;
        fixture.ask("sqs", "CreateQueue", json!({ "QueueName": "jobs", "Attributes": attributes })).await;
        fixture.create("worker", json!({})).await;
        fixture
    }

    /// Sends each body as JSON.
    async fn send_jobs(&self, bodies: &[Value]) {
        for body in bodies {
            let input = json!({ "QueueUrl": "http://127.0.0.1:1/000000000000/jobs", "MessageBody": body.to_string() });
            self.ask("sqs", "SendMessage", input).await;
        }
    }

    /// The events that `worker` got, oldest first.
    async fn events(&self) -> Vec<Value> {
        let lines = self.log_lines("/aws/lambda/worker").await;
        lines
            .iter()
            .filter(|line| line.starts_with("{\"Records\""))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Waits for so many events.
    async fn until_events(&self, count: usize) -> Vec<Value> {
        self.until_some(|| async { Some(self.events().await).filter(|events| events.len() >= count) }).await
    }

    /// Waits until no message is left in the queue.
    async fn until_empty(&self, queue: &str) {
        self.until_some(|| async { (self.messages(queue) == 0.0).then_some(()) }).await;
    }

    fn messages(&self, queue: &str) -> f64 {
        ["Visible", "NotVisible", "Delayed"]
            .map(|kind| sqs::metric(&self.cloud, REGION, queue, &format!("ApproximateNumberOfMessages{kind}")).unwrap())
            .iter()
            .sum()
    }

    async fn until_some<T, F: Future<Output = Option<T>>>(&self, look: impl Fn() -> F) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not happen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How often SQS was asked for messages.
    fn receives(&self) -> usize {
        self.gateway.handle().calls().iter().filter(|call| call.operation == "ReceiveMessage").count()
    }
}

/// The bodies of an event, in order.
fn bodies(event: &Value) -> Vec<Value> {
    let records = event["Records"].as_array().unwrap();
    let mut bodies: Vec<Value> =
        records.iter().map(|record| serde_json::from_str(record["body"].as_str().unwrap()).unwrap()).collect();
    bodies.sort_by_key(Value::to_string);
    bodies
}

fn received(event: &Value) -> Vec<&str> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["attributes"]["ApproximateReceiveCount"].as_str().unwrap()).collect()
}

fn redrive(most: u32) -> String {
    json!({ "deadLetterTargetArn": queue_arn("dead"), "maxReceiveCount": most }).to_string()
}

#[tokio::test]
async fn a_message_invokes_the_function_and_is_deleted() {
    let fixture = Fixture::with_worker(1.0, json!({})).await;
    fixture.map(json!({})).await;
    let input = json!({
        "QueueUrl": "http://127.0.0.1:1/000000000000/jobs", "MessageBody": "{}", "MessageGroupId": "g",
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "x" } },
    });
    let sent = fixture.ask("sqs", "SendMessage", input).await;
    let event = fixture.until_events(1).await.remove(0);
    let record = &event["Records"][0];
    let attributes = &record["attributes"];
    assert_eq!(
        event,
        json!({ "Records": [{
            "messageId": sent["MessageId"],
            "receiptHandle": record["receiptHandle"],
            "body": "{}",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": attributes["SentTimestamp"],
                "SenderId": "000000000000",
                "ApproximateFirstReceiveTimestamp": attributes["ApproximateFirstReceiveTimestamp"],
                "MessageGroupId": "g",
            },
            "messageAttributes": {
                "kind": { "stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String" },
            },
            "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
            "md5OfBody": sent["MD5OfMessageBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn("jobs"),
            "awsRegion": REGION,
        }] })
    );
    fixture.until_empty("jobs").await;
    assert_eq!(invocations(&fixture, "Invocations").await, 1.0);
}

/// The sum of a metric of the function.
async fn invocations(fixture: &Fixture, metric: &str) -> f64 {
    statistic(fixture, metric, "Sum").await
}

async fn statistic(fixture: &Fixture, metric: &str, statistic: &str) -> f64 {
    let now = jiff::Timestamp::now().as_second();
    let input = json!({
        "Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": [{ "Name": "FunctionName", "Value": "worker" }],
        "StartTime": now - 86_400, "EndTime": now + 86_400, "Period": 604_800, "Statistics": [statistic],
    });
    let reply = fixture.ask("monitoring", "GetMetricStatistics", input).await;
    reply["Datapoints"].as_array().unwrap().iter().map(|point| point[statistic].as_f64().unwrap()).fold(0.0, f64::max)
}

#[tokio::test]
async fn only_what_the_function_reports_comes_back_until_it_is_dead_lettered() {
    let attributes = json!({ "VisibilityTimeout": "30", "RedrivePolicy": redrive(2) });
    let fixture = Fixture::with_worker(FAST, attributes).await;
    fixture.send_jobs(&[json!({ "n": 1 }), json!({ "n": 2, "fail": true }), json!({ "n": 3 })]).await;
    fixture.map(json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] })).await;
    let events = fixture.until_events(2).await;
    assert_eq!(bodies(&events[0]).len(), 3);
    assert_eq!((bodies(&events[1]), received(&events[1])), (vec![json!({ "fail": true, "n": 2 })], vec!["2"]));
    let dead = tests::receive_body(&fixture.cloud, "dead").await;
    assert_eq!(dead["n"], 2);
    fixture.until_empty("jobs").await;
    assert_eq!(fixture.events().await.len(), 2);
    assert_eq!(invocations(&fixture, "Errors").await, 0.0, "a partial response is a success");
}

/// Each case with whether its batch of two is deleted after one invocation.
#[tokio::test]
async fn the_answer_decides_over_the_batch() {
    let failure = |id: &str| format!(r#"{{"batchItemFailures": [{id}]}}"#);
    let reports = json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] });
    for (settings, first, succeeds) in [
        (json!({}), json!({ "answer": "{not json" }), true),
        (json!({}), json!({ "fail": true }), true),
        (json!({}), json!({ "error": "on purpose" }), false),
        (json!({}), json!({ "exit": 1 }), false),
        (reports.clone(), json!({ "answer": "null" }), true),
        (reports.clone(), json!({ "answer": "{}" }), true),
        (reports.clone(), json!({ "answer": failure("") }), true),
        (reports.clone(), json!({ "answer": "{not json" }), false),
        (reports.clone(), json!({ "answer": failure(r#"{"itemIdentifier": ""}"#) }), false),
        (reports.clone(), json!({ "answer": failure(r#"{"itemIdentifier": null}"#) }), false),
        (reports.clone(), json!({ "answer": failure(r#"{"itemIdentifier": "unknown"}"#) }), false),
        (reports.clone(), json!({ "answer": failure(r#"{"id": "1"}"#) }), false),
        (reports, json!({ "error": "on purpose" }), false),
    ] {
        let fixture = Fixture::with_worker(1.0, json!({ "VisibilityTimeout": "3600" })).await;
        fixture.send_jobs(&[first.clone(), json!({ "n": 2 })]).await;
        fixture.map(settings.clone()).await;
        fixture.until_events(1).await;
        fixture.gateway.handle().until_idle().await;
        let left = if succeeds { 0.0 } else { 2.0 };
        assert_eq!(fixture.messages("jobs"), left, "{settings} {first}");
    }
}

#[tokio::test]
async fn while_lambda_is_throttled_messages_come_back_with_their_receive_count_up() {
    let fixture = Fixture::with_worker(FAST, json!({ "VisibilityTimeout": "30" })).await;
    let path = "/2017-10-31/functions/worker/concurrency";
    fixture.send(Method::PUT, path, json!({ "ReservedConcurrentExecutions": 0 })).await;
    fixture.map(json!({})).await;
    fixture.send_jobs(&[json!({ "n": 1 })]).await;
    fixture.until_some(|| async { (fixture.receives() >= 3).then_some(()) }).await;
    // Within a visibility timeout of 30 s it tries after 0, 1, 3, 7 and 15 s.
    assert!(invocations(&fixture, "Throttles").await >= 2.0);
    fixture.send(Method::DELETE, path, Value::Null).await;
    let events = fixture.until_events(1).await;
    let count: u32 = received(&events[0])[0].parse().unwrap();
    assert!(count >= 3, "{count}");
    fixture.until_empty("jobs").await;
}

#[tokio::test]
async fn no_more_than_the_maximum_concurrency_is_invoked_at_once() {
    let fixture = Fixture::with_worker(1.0, json!({})).await;
    let jobs: Vec<Value> = (0..12).map(|n| json!({ "n": n, "sleep": 60 })).collect();
    fixture.send_jobs(&jobs).await;
    fixture.map(json!({ "BatchSize": 1, "ScalingConfig": { "MaximumConcurrency": 3 } })).await;
    fixture.until_empty("jobs").await;
    assert_eq!(fixture.until_events(12).await.len(), 12);
    assert_eq!(statistic(&fixture, "ConcurrentExecutions", "Maximum").await, 3.0);
}

#[tokio::test]
async fn a_window_fills_a_batch() {
    let fixture = Fixture::with_worker(10.0, json!({})).await;
    let jobs: Vec<Value> = (0..25).map(|n| json!({ "n": n })).collect();
    fixture.send_jobs(&jobs[..15]).await;
    fixture.map(json!({ "BatchSize": 20, "MaximumBatchingWindowInSeconds": 20 })).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fixture.events().await.len(), 0, "the window is open");
    fixture.send_jobs(&jobs[15..]).await;
    let events = fixture.until_events(2).await;
    let sizes: Vec<usize> = events.iter().map(|event| bodies(event).len()).collect();
    assert_eq!(sizes, [20, 5]);
    fixture.until_empty("jobs").await;
}

#[tokio::test]
async fn an_idle_mapping_makes_no_calls_and_a_disabled_one_receives_nothing() {
    let fixture = Fixture::with_worker(1000.0, json!({ "VisibilityTimeout": "3600" })).await;
    let created = fixture.map(json!({})).await;
    let path = format!("{MAPPINGS}/{}", created.body["UUID"].as_str().unwrap());
    // Five minutes on AWS's clock.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fixture.receives(), 0);
    fixture.send(Method::PUT, &path, json!({ "Enabled": false })).await;
    fixture.send_jobs(&[json!({ "n": 1 })]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fixture.receives(), 0);
    fixture.send(Method::PUT, &path, json!({ "Enabled": true })).await;
    fixture.until_empty("jobs").await;
    fixture.send(Method::DELETE, &path, Value::Null).await;
    fixture.send_jobs(&[json!({ "n": 2 })]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((fixture.receives(), fixture.messages("jobs")), (1, 1.0));
}

#[tokio::test]
async fn the_functions_role_receives_and_deletes() {
    let fixture = Fixture::with_worker(FAST, json!({ "VisibilityTimeout": "30" })).await;
    fixture.map(json!({})).await;
    fixture.put_role_policy("runner", &["logs:*"]).await;
    fixture.send_jobs(&[json!({ "n": 1 })]).await;
    let denied = || async {
        let calls = fixture.gateway.handle().calls();
        let denied = calls.into_iter().filter(|call| call.status == Some(400));
        Some(denied.map(|call| (call.operation, call.principal)).collect::<Vec<_>>()).filter(|calls| calls.len() >= 2)
    };
    let role = "arn:aws:sts::000000000000:assumed-role/runner/worker".to_owned();
    assert_eq!(fixture.until_some(denied).await[0], ("ReceiveMessage".to_owned(), role));
    assert_eq!(fixture.events().await.len(), 0);
    fixture.put_role_policy("runner", &["logs:*", "sqs:ReceiveMessage"]).await;
    // What cannot be deleted comes back.
    fixture.until_events(2).await;
    fixture.put_role_policy("runner", &["*"]).await;
    fixture.until_empty("jobs").await;
}

#[tokio::test]
async fn a_fault_rule_throttles_the_poller() {
    let fixture = Fixture::with_worker(FAST, json!({})).await;
    let rule = json!({ "service": "sqs", "operation": "ReceiveMessage", "caller": "runner", "times": 3, "action": "throttle" });
    fixture.gateway.handle().set_faults(vec![serde_json::from_value(rule).unwrap()]);
    fixture.map(json!({})).await;
    fixture.send_jobs(&[json!({ "n": 1 })]).await;
    fixture.until_empty("jobs").await;
    assert_eq!(fixture.receives(), 4);
}

#[tokio::test]
async fn a_filter_deletes_what_does_not_match() {
    let fixture = Fixture::with_worker(1.0, json!({})).await;
    fixture.send_jobs(&[json!({ "kind": "a" }), json!({ "kind": "b" })]).await;
    let pattern = json!({ "body": { "kind": ["b"] } }).to_string();
    fixture.map(json!({ "FilterCriteria": { "Filters": [{ "Pattern": pattern }] } })).await;
    fixture.until_empty("jobs").await;
    let events = fixture.until_events(1).await;
    assert_eq!((events.len(), bodies(&events[0])), (1, vec![json!({ "kind": "b" })]));
}

#[tokio::test]
async fn a_batch_that_is_too_long_is_cut() {
    let fixture = Fixture::with_worker(1.0, json!({})).await;
    let jobs = vec![json!("x".repeat(1_000_000)); 7];
    fixture.send_jobs(&jobs).await;
    fixture.map(json!({})).await;
    fixture.until_empty("jobs").await;
    let metrics = [invocations(&fixture, "Invocations").await, invocations(&fixture, "Errors").await];
    assert_eq!(metrics, [2.0, 0.0], "seven messages of a megabyte are two payloads");
}
