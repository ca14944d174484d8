//! Functions as targets and sources of other services.

use http::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::services::tests::{self, REGION};

const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:alerts";
const ECHO: &str = "arn:aws:lambda:eu-west-1:000000000000:function:echo";
const FAILING: &str = "failing";

impl Fixture {
    /// Allows a service to invoke `echo`.
    async fn permit(&self, service: &str, source_arn: &str) {
        let permission = json!({ "StatementId": "service", "Action": "lambda:InvokeFunction", "Principal": service,
            "SourceArn": source_arn });
        let answer = self.send(Method::POST, "/2015-03-31/functions/echo/policy", permission).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    async fn create_topic(&self) {
        self.ask("sns", "CreateTopic", json!({ "Name": "alerts" })).await;
        let subscription = json!({ "TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": ECHO });
        self.ask("sns", "Subscribe", subscription).await;
        self.permit("sns.amazonaws.com", TOPIC).await;
    }

    /// Configures a destination for failures and makes the function fail.
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

    /// What `echo` received: its responses go to a queue, as records that contain the request.
    async fn received(&self) -> Value {
        tests::receive_body(&self.cloud, "answers").await["requestPayload"].clone()
    }

    async fn create_echo(&self) {
        self.ask("sqs", "CreateQueue", json!({ "QueueName": "answers" })).await;
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
    fixture.ask("sns", "Publish", publish).await;
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
        fixture.ask("events", operation, input).await;
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
