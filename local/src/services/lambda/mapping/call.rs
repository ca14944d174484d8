//! The poller's calls of SQS, with the function's role, like those of any caller: policies decide, fault rules act.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Mapping;
use super::event::Received;
use crate::arn::Arn;
use crate::services::lambda::{role, store};
use crate::services::sqs;
use crate::{ApiError, Call, Cloud, Input};

/// Messages of one call at most.
pub(super) const MOST: usize = 10;
/// An answer that takes longer does not come.
const ANSWER: Duration = Duration::from_secs(60);
/// How often a batch is deleted at most, and the pause between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Receives up to `limit` messages that are there now.
///
/// # Errors
/// What SQS or a fault rule answers.
pub(super) async fn receive(cloud: &Cloud, mapping: &Mapping, limit: usize) -> Result<Vec<Received>, ApiError> {
    let input = json!({
        "MaxNumberOfMessages": limit.min(MOST),
        "WaitTimeSeconds": 0,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    let visibility = Duration::from_secs(sqs::visibility_timeout(cloud, &mapping.source).unwrap_or_default());
    let visible_again = Instant::now() + cloud.clock.scaled(visibility);
    let reply = call(cloud, mapping, "ReceiveMessage", input).await?;
    let messages = reply["Messages"].as_array().into_iter().flatten();
    Ok(messages.map(|message| Received::read(message, &mapping.source, &mapping.region, visible_again)).collect())
}

/// Deletes messages. One that cannot be deleted appears again, as on AWS.
pub(super) async fn delete(cloud: &Cloud, mapping: &Mapping, messages: &[&Received]) {
    for chunk in messages.chunks(MOST) {
        let entries: Vec<Value> = chunk
            .iter()
            .enumerate()
            .map(|(index, message)| json!({ "Id": index.to_string(), "ReceiptHandle": message.receipt }))
            .collect();
        if let Err(error) = delete_chunk(cloud, mapping, entries).await {
            tracing::warn!(%error, queue = mapping.source, "cannot delete the messages of a batch");
        }
    }
}

async fn delete_chunk(cloud: &Cloud, mapping: &Mapping, entries: Vec<Value>) -> Result<(), ApiError> {
    let mut attempt = 1;
    loop {
        match call(cloud, mapping, "DeleteMessageBatch", json!({ "Entries": entries })).await {
            Err(error) if attempt < ATTEMPTS && (error.status >= 500 || error.code.contains("Throttl")) => {
                attempt += 1;
                cloud.clock.sleep(PAUSE).await;
            }
            answer => return answer.map(drop),
        }
    }
}

async fn call(cloud: &Cloud, mapping: &Mapping, operation: &str, mut input: Value) -> Result<Value, ApiError> {
    let queue = Arn::parse(&mapping.source).map_or("", |arn| arn.resource);
    input["QueueUrl"] = json!(format!("{}/{}/{queue}", cloud.endpoint, crate::config::ACCOUNT));
    let Value::Object(members) = input else { return Ok(Value::Null) };
    let principal = store::read(cloud, &mapping.function, |function| Ok(role::principal(function)))?;
    let call = Call {
        service: "sqs".to_owned(),
        operation: operation.to_owned(),
        input: Input(members),
        region: mapping.region.clone(),
        request_id: uuid::Uuid::new_v4().to_string(),
        principal,
    };
    let late = |_| ApiError::new("RequestTimeout", "SQS did not answer").with_status(504);
    tokio::time::timeout(ANSWER, cloud.perform(call)).await.map_err(late)?
}
