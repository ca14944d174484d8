//! Asynchronous invocations, their destinations, and the logs of functions.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Answer, Fixture};
use crate::services::lambda::{Source, invoke_async};
use crate::services::logs;
use crate::services::tests::{self, REGION};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:000000000000:results";
/// A minute lasts 0.3 s.
const FAST: f64 = 200.0;

impl Fixture {
    async fn create_queue(&self) {
        self.ask("sqs", "CreateQueue", json!({ "QueueName": "results" })).await;
    }

    /// Waits for the function's record in the queue.
    async fn receive(&self) -> Value {
        tests::receive_body(&self.cloud, "results").await
    }

    async fn send_event(&self, payload: Value) -> Answer {
        self.invoke_with("echo", payload, &[("x-amz-invocation-type", "Event")]).await
    }

    async fn configure(&self, config: Value) {
        let path = "/2019-09-25/functions/echo/event-invoke-config";
        let answer = self.send(Method::PUT, path, config).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(super) async fn log_lines(&self, group: &str) -> Vec<String> {
        let events = tests::ask(&self.cloud, "logs", "FilterLogEvents", json!({ "logGroupName": group })).await;
        // The function creates its log group on its first run.
        let events = events.map_or(Value::Null, |reply| reply["events"].clone());
        events.as_array().into_iter().flatten().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_failure_is_retried_then_sent_to_its_destination() {
    let fixture = Fixture::with_time(FAST, Duration::ZERO).await;
    fixture.create_queue().await;
    fixture.create("echo", json!({})).await;
    fixture.configure(json!({ "DestinationConfig": { "OnFailure": { "Destination": QUEUE } } })).await;
    let accepted = fixture.send_event(json!({ "error": "on purpose" })).await;
    assert_eq!(accepted.status, 202);
    let record = fixture.receive().await;
    assert_eq!(record["requestContext"]["requestId"], accepted.headers["x-amzn-requestid"]);
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestPayload"], json!({ "error": "on purpose" }));
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"], json!({ "errorType": "Deliberate", "errorMessage": "on purpose" }));
}

#[tokio::test]
async fn a_failure_reaches_the_bus_rules() {
    let fixture = Fixture::new().await;
    fixture.create_queue().await;
    fixture.create("echo", json!({})).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sqs:SendMessage",
        "Principal": { "Service": "events.amazonaws.com" }, "Resource": QUEUE }] });
    let url = "http://127.0.0.1:1/000000000000/results";
    let attributes = json!({ "QueueUrl": url, "Attributes": { "Policy": policy.to_string() } });
    fixture.ask("sqs", "SetQueueAttributes", attributes).await;
    let pattern = json!({ "source": ["lambda"] }).to_string();
    for (operation, input) in [
        ("PutRule", json!({ "Name": "failures", "EventPattern": pattern })),
        ("PutTargets", json!({ "Rule": "failures", "Targets": [{ "Id": "queue", "Arn": QUEUE }] })),
    ] {
        fixture.ask("events", operation, input).await;
    }
    let bus = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
    let destination = json!({ "OnFailure": { "Destination": bus } });
    fixture.configure(json!({ "MaximumRetryAttempts": 0, "DestinationConfig": destination })).await;
    fixture.send_event(json!({ "exit": 1 })).await;
    let event = fixture.receive().await;
    assert_eq!(event["detail-type"], "Lambda Function Invocation Result - Failure");
    let function = "arn:aws:lambda:eu-west-1:000000000000:function:echo:$LATEST";
    assert_eq!(event["resources"], json!([bus, function]));
    assert_eq!(event["detail"]["requestContext"]["functionArn"], function);
    assert_eq!(event["detail"]["responsePayload"]["errorType"], "Runtime.ExitError");
}

#[tokio::test]
async fn age_throttling_and_success_have_their_own_conditions() {
    let fixture = Fixture::with_time(FAST, Duration::ZERO).await;
    fixture.create_queue().await;
    fixture.create("echo", json!({})).await;
    let both = json!({ "OnFailure": { "Destination": QUEUE }, "OnSuccess": { "Destination": QUEUE } });
    fixture.configure(json!({ "MaximumEventAgeInSeconds": 60, "DestinationConfig": both })).await;
    fixture.send_event(json!({ "error": "x" })).await;
    let aged = fixture.receive().await;
    assert_eq!(aged["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(aged["requestContext"]["approximateInvokeCount"], 1);
    fixture.send_event(json!({ "well": true })).await;
    let success = fixture.receive().await;
    assert_eq!(success["requestContext"]["condition"], "Success");
    assert_eq!(success["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    let path = "/2017-10-31/functions/echo/concurrency";
    fixture.send(Method::PUT, path, json!({ "ReservedConcurrentExecutions": 0 })).await;
    fixture.send_event(json!({})).await;
    let refused = fixture.receive().await;
    assert_eq!(refused["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(refused.get("responseContext"), None);
}

#[tokio::test]
async fn a_dead_letter_is_the_event_with_the_error_in_its_attributes() {
    let fixture = Fixture::new().await;
    fixture.create_queue().await;
    fixture.create("echo", json!({ "DeadLetterConfig": { "TargetArn": QUEUE } })).await;
    fixture.configure(json!({ "MaximumRetryAttempts": 0 })).await;
    fixture.send_event(json!({ "error": "on purpose" })).await;
    let letter = tests::receive(&fixture.cloud, "results").await;
    assert_eq!(letter["Body"], json!({ "error": "on purpose" }).to_string());
    let attributes = letter["MessageAttributes"].to_string();
    for expected in ["RequestID", "ErrorCode", "ErrorMessage", "on purpose"] {
        assert!(attributes.contains(expected), "{expected} in {attributes}");
    }
    let types = ["RequestID", "ErrorCode", "ErrorMessage"].map(|name| &letter["MessageAttributes"][name]["DataType"]);
    assert_eq!(types, ["String", "Number", "String"]);
}

#[tokio::test]
async fn a_role_without_permission_delivers_nothing() {
    let fixture = Fixture::new().await;
    fixture.create_queue().await;
    fixture.create("echo", json!({})).await;
    let destination = json!({ "OnFailure": { "Destination": QUEUE } });
    fixture.configure(json!({ "MaximumRetryAttempts": 0, "DestinationConfig": destination })).await;
    fixture.put_role_policy("runner", &["logs:*"]).await;
    fixture.send_event(json!({ "error": "lost" })).await;
    // The first failure is handled before the second: the log shows when.
    while fixture.log_lines("/aws/lambda/echo").await.iter().filter(|line| line.starts_with("REPORT")).count() < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.put_role_policy("runner", &["*"]).await;
    fixture.send_event(json!({ "error": "delivered" })).await;
    let record = fixture.receive().await;
    assert_eq!(record["requestPayload"]["error"], "delivered");
}

#[tokio::test]
async fn a_service_needs_the_functions_policy_to_invoke() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    let arn = "arn:aws:lambda:eu-west-1:000000000000:function:echo";
    let rule = |name: &str| Source {
        service_principal: "events.amazonaws.com".to_owned(),
        source_arn: format!("arn:aws:events:{REGION}:000000000000:rule/{name}"),
    };
    let invoke = |name: &'static str| invoke_async(&fixture.cloud, arn, Bytes::from_static(b"{}"), rule(name));
    assert_eq!(invoke("failures").await.unwrap_err().code, "AccessDeniedException");
    let permission = json!({
        "StatementId": "rule", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
        "SourceArn": rule("failures").source_arn,
    });
    fixture.send(Method::POST, "/2015-03-31/functions/echo/policy", permission).await;
    assert!(invoke("failures").await.is_ok());
    let refused = invoke("others").await.unwrap_err();
    assert!(refused.message.contains("no resource-based policy allows the lambda:InvokeFunction action"), "{refused}");
    let absent = invoke_async(&fixture.cloud, &format!("{arn}-absent"), Bytes::new(), rule("failures")).await;
    assert_eq!(absent.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn logs_need_the_roles_permission() {
    let fixture = Fixture::new().await;
    fixture.create("echo", json!({})).await;
    fixture.invoke("echo", json!({ "print": "made the group" })).await;
    let lines = fixture.log_lines("/aws/lambda/echo").await;
    assert!(lines.iter().any(|line| line == "made the group"), "{lines:?}");
    fixture.put_role_policy("runner", &["logs:CreateLogStream", "logs:PutLogEvents"]).await;
    fixture.create("silent", json!({})).await;
    assert_eq!(fixture.invoke("silent", json!({ "print": "lost" })).await.status, 200);
    assert!(!logs::group_exists(&fixture.cloud, REGION, "/aws/lambda/silent"));
    logs::create_group(&fixture.cloud, REGION, "/aws/lambda/silent").unwrap();
    fixture.invoke("silent", json!({ "print": "kept" })).await;
    let lines = fixture.log_lines("/aws/lambda/silent").await;
    assert!(lines.iter().any(|line| line == "kept") && !lines.iter().any(|line| line == "lost"), "{lines:?}");
}
