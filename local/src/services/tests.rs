//! Fixtures for the tests of all services, an account and calls of its root; and tests that span services.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod alarms;

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{cloudformation, cloudtrail, cloudwatch, ecs, events, iam, logs, sns, sqs, states, sts};
use crate::{ApiError, Call, Cloud, Input, LocalConfig, Principal};

/// The region of every test call. It differs from the default, so that code that wrongly uses the default fails.
pub(crate) const REGION: &str = "eu-west-1";

/// An empty account and its directory.
pub(crate) fn cloud(config: LocalConfig) -> (Cloud, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let config = LocalConfig { directory: directory.path().to_owned(), ..config };
    (Cloud::new(config, "http://127.0.0.1:1".to_owned()).unwrap(), directory)
}

/// A call of the account's root.
pub(crate) fn call(service: &str, operation: &str, input: Value) -> Call {
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: Input(serde_json::from_value(input).unwrap()),
        region: REGION.to_owned(),
        request_id: "request".to_owned(),
        principal: Principal::Root,
    }
}

/// Makes a call; the reply as JSON.
pub(crate) async fn ask(cloud: &Cloud, service: &str, operation: &str, input: Value) -> Result<Value, ApiError> {
    let call = call(service, operation, input);
    let reply = match service {
        "cloudformation" => cloudformation::handle(cloud, &call).await,
        "cloudtrail" => cloudtrail::handle(cloud, &call).await,
        "ecs" => ecs::handle(cloud, &call).await,
        "states" => states::handle(cloud, &call).await,
        "events" => events::handle(cloud, &call).await,
        "iam" => iam::handle(cloud, &call).await,
        "logs" => logs::handle(cloud, &call).await,
        "monitoring" => cloudwatch::handle(cloud, &call).await,
        "sns" => sns::handle(cloud, &call).await,
        "sqs" => sqs::handle(cloud, &call).await,
        "sts" => sts::handle(cloud, &call).await,
        _ => panic!("{service} writes its replies itself"),
    };
    reply.map(|output| Value::from(&output))
}

/// Waits for the next message of a queue and deletes it.
pub(crate) async fn receive(cloud: &Cloud, queue: &str) -> Value {
    receive_with(cloud, queue, json!({"MessageAttributeNames": ["All"]})).await
}

/// The same with other parameters of `ReceiveMessage`.
pub(crate) async fn receive_with(cloud: &Cloud, queue: &str, mut input: Value) -> Value {
    let url = format!("{}/000000000000/{queue}", cloud.endpoint);
    input["QueueUrl"] = json!(url);
    for _ in 0..1000 {
        let reply = ask(cloud, "sqs", "ReceiveMessage", input.clone()).await.unwrap();
        if let Some(message) = reply["Messages"].get(0) {
            // With scaled time, a message that is only received soon reappears.
            let delete = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
            ask(cloud, "sqs", "DeleteMessage", delete).await.unwrap();
            return message.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing came to the queue {queue}");
}

/// The same message's body as JSON.
pub(crate) async fn receive_body(cloud: &Cloud, queue: &str) -> Value {
    serde_json::from_str(receive(cloud, queue).await["Body"].as_str().unwrap()).unwrap()
}
