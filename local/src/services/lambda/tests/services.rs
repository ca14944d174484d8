//! Functions as targets and as sources of other services.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::fixture::{Fixture, REGION, call};
use crate::services::{events, sns};

const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:alerts";
const ECHO: &str = "arn:aws:lambda:eu-west-1:000000000000:function:echo";
const FAILING: &str = "failing";

impl Fixture {
    /// Lets a service invoke `echo`.
    async fn permit(&self, service: &str, source_arn: &str) {
        let permission = json!({ "StatementId": "service", "Action": "lambda:InvokeFunction", "Principal": service,
            "SourceArn": source_arn });
        let answer = self.send(Method::POST, "/2015-03-31/functions/echo/policy", permission).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    async fn create_topic(&self) {
        sns::handle(&self.cloud, &call("sns", "CreateTopic", json!({ "Name": "alerts" }))).await.unwrap();
        let subscription = json!({ "TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": ECHO });
        sns::handle(&self.cloud, &call("sns", "Subscribe", subscription)).await.unwrap();
        self.permit("sns.amazonaws.com", TOPIC).await;
    }

    /// Makes the function whose failures go to a destination, and lets it fail.
    async fn fail_towards(&self, destination: &str) {
        self.create(FAILING, json!({})).await;
        let config =
            json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": destination } } });
        let path = format!("/2019-09-25/functions/{FAILING}/event-invoke-config");
        let answer = self.send(Method::PUT, &path, config).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let payload = json!({ "error": "on purpose", "print": "failing now" });
        self.invoke_with(FAILING, payload, &[("x-amz-invocation-type", "Event")]).await;
    }

    /// What `echo` got: its answers go to a queue, as records that hold the request.
    async fn received(&self) -> Value {
        for _ in 0..500 {
            let input = json!({ "QueueUrl": "http://127.0.0.1:1/000000000000/answers" });
            let answer =
                crate::services::sqs::handle(&self.cloud, &call("sqs", "ReceiveMessage", input)).await.unwrap();
            let record = super::queue::first_body(&answer);
            if !record.is_null() {
                return record["requestPayload"].clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Value::Null
    }

    async fn create_echo(&self) {
        let queue = call("sqs", "CreateQueue", json!({ "QueueName": "answers" }));
        crate::services::sqs::handle(&self.cloud, &queue).await.unwrap();
        self.create("echo", json!({})).await;
        let answers = json!({ "Destination": "arn:aws:sqs:eu-west-1:000000000000:answers" });
        let config = json!({ "DestinationConfig": { "OnSuccess": answers } });
        let answer = self.send(Method::PUT, "/2019-09-25/functions/echo/event-invoke-config", config).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_topic_invokes_a_function() {
    let fixture = Fixture::new().await;
    fixture.create_echo().await;
    fixture.create_topic().await;
    let publish = json!({ "TopicArn": TOPIC, "Subject": "s", "Message": "m" });
    sns::handle(&fixture.cloud, &call("sns", "Publish", publish)).await.unwrap();
    let event = fixture.received().await;
    let record = &event["Records"][0];
    assert_eq!((&record["EventSource"], &record["EventVersion"]), (&json!("aws:sns"), &json!("1.0")), "{event}");
    assert_eq!((&record["Sns"]["Subject"], &record["Sns"]["Message"]), (&json!("s"), &json!("m")));
}

#[tokio::test]
async fn a_rule_invokes_a_function() {
    let fixture = Fixture::new().await;
    fixture.create_echo().await;
    fixture.permit("events.amazonaws.com", &format!("arn:aws:events:{REGION}:000000000000:rule/orders")).await;
    let entry = json!({ "Source": "orders", "DetailType": "Order Lost", "Detail": "{\"order\":1}" });
    for (operation, input) in [
        ("PutRule", json!({ "Name": "orders", "EventPattern": "{\"source\":[\"orders\"]}" })),
        ("PutTargets", json!({ "Rule": "orders", "Targets": [{ "Id": "echo", "Arn": ECHO }] })),
        ("PutEvents", json!({ "Entries": [entry] })),
    ] {
        events::handle(&fixture.cloud, &call("events", operation, input)).await.unwrap();
    }
    let event = fixture.received().await;
    assert_eq!((&event["detail-type"], &event["detail"]), (&json!("Order Lost"), &json!({ "order": 1 })), "{event}");
}

#[tokio::test]
async fn a_failure_goes_to_a_function() {
    let fixture = Fixture::new().await;
    fixture.create_echo().await;
    fixture.fail_towards(ECHO).await;
    let record = fixture.received().await;
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted", "{record}");
    assert_eq!(record["responsePayload"]["errorMessage"], "on purpose");
}

#[tokio::test]
async fn a_failure_goes_to_a_topic() {
    let fixture = Fixture::new().await;
    fixture.create_echo().await;
    fixture.create_topic().await;
    fixture.fail_towards(TOPIC).await;
    let event = fixture.received().await;
    let message = event["Records"][0]["Sns"]["Message"].as_str().unwrap_or_default();
    let record: Value = serde_json::from_str(message).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted", "{record}");
}
