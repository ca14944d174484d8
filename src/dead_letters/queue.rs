//! One dead-letter queue.

use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as SqsMessage, MessageSystemAttributeName as System,
};
use incident_deploy::aws::{AwsError, Clients, Explain};
use incident_deploy::resources::{COUNTS, messages};

use super::letter::{DeadLetter, Message, Origin};
use crate::settings::StackName;

/// What SQS gives, and takes back, in one call.
const PAGE: usize = 10;
/// So long a call waits for messages, in seconds. One that waits asks all servers; one that does not asks a sample of them, and
/// an empty answer says nothing (SQS developer guide, "short and long polling").
const WAIT: i32 = 1;

/// A queue that exists.
#[derive(Debug, Clone)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    /// Whose dead letters it holds.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    url: String,
    handler: String,
}

/// A message hidden from other readers for a while.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) letter: DeadLetter,
    pub(super) receipt: String,
}

impl Queue {
    /// The queue of a stack, if it is there.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn open(clients: &Clients, stack: &StackName, origin: Origin) -> Result<Option<Self>, AwsError> {
        let name = Self::name_of(stack, origin);
        let url = match clients.sqs.get_queue_url().queue_name(&name).send().await.explain("sqs:GetQueueUrl") {
            Err(error) if error.says_absent() => return Ok(None),
            answer => answer?.queue_url.unwrap_or_default(),
        };
        Ok(Some(Self { client: clients.sqs.clone(), origin, name, url, handler: stack.handler() }))
    }

    /// What the queue of a stack is called.
    pub fn name_of(stack: &StackName, origin: Origin) -> String {
        match origin {
            Origin::Rule => stack.rule_queue(),
            Origin::Handler => stack.handler_queue(),
        }
    }

    /// How many messages it holds, about: SQS's number may lag behind by a minute.
    pub(super) async fn depth(&self) -> Result<u64, AwsError> {
        let call = self.client.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(COUNTS.to_vec()));
        let attributes = call.send().await.explain("sqs:GetQueueAttributes")?.attributes.unwrap_or_default();
        Ok(messages(&attributes))
    }

    /// Takes up to ten messages, which others do not see for so long. None when none is visible.
    pub(super) async fn receive(&self, hold: Duration) -> Result<Vec<Held>, AwsError> {
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(PAGE as i32);
        let call = call.visibility_timeout(i32::try_from(hold.as_secs()).unwrap_or(i32::MAX)).wait_time_seconds(WAIT);
        let call = call.message_system_attribute_names(System::All).message_attribute_names("All");
        let answer = call.send().await.explain("sqs:ReceiveMessage")?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(|message| self.held(message)).collect())
    }

    /// Lets others see messages again at once. One whose time is over is seen already.
    pub(super) async fn put_back(&self, receipts: &[String]) -> Result<(), AwsError> {
        const CALL: &str = "sqs:ChangeMessageVisibility";
        let mut first = Ok(());
        for page in receipts.chunks(PAGE) {
            let entries: Result<Vec<_>, _> =
                page.iter().enumerate().map(|(index, receipt)| entry(index, receipt)).collect();
            let entries = entries.map_err(|error| AwsError::new(CALL, "InvalidBatchEntry", error.to_string()))?;
            let call = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            let answer = call.send().await.explain(CALL).and_then(|answer| {
                let refused = answer
                    .failed
                    .iter()
                    .find(|entry| !is_visible_already(entry.code(), entry.message().unwrap_or_default()));
                refused
                    .map_or(Ok(()), |entry| Err(AwsError::new(CALL, entry.code(), entry.message().unwrap_or_default())))
            });
            first = first.and(answer);
        }
        first
    }

    /// Deletes a message for good.
    pub(super) async fn delete(&self, held: &Held) -> Result<(), AwsError> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(&held.receipt);
        call.send().await.explain("sqs:DeleteMessage").map(drop)
    }

    fn held(&self, message: SqsMessage) -> Held {
        let receipt = message.receipt_handle.clone().unwrap_or_default();
        Held { letter: DeadLetter::read(plain(message), self.origin, &self.handler), receipt }
    }
}

fn entry(
    index: usize,
    receipt: &str,
) -> Result<ChangeMessageVisibilityBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(index.to_string())
        .receipt_handle(receipt)
        .visibility_timeout(0)
        .build()
}

/// SQS names this in either way.
fn is_visible_already(code: &str, message: &str) -> bool {
    let code = incident_model::error_code::bare(code);
    code.ends_with("MessageNotInflight")
        || (code == "InvalidParameterValue" && message.contains("not available for visibility timeout change"))
}

fn plain(message: SqsMessage) -> Message {
    let attribute = |name: System| message.attributes.as_ref().and_then(|all| all.get(&name)?.parse().ok());
    let sent_at = attribute(System::SentTimestamp);
    let receives = attribute(System::ApproximateReceiveCount).and_then(|number: i64| u64::try_from(number).ok());
    let moved_from = message.attributes.as_ref().and_then(|all| all.get(&System::DeadLetterQueueSourceArn).cloned());
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    Message {
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        sent_at,
        receives: receives.unwrap_or_default(),
        moved_from,
        attributes: attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect(),
    }
}
