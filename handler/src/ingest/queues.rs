//! The queues that the handler itself writes to.

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, MessageAttributeValue};

use super::message::Message;
use super::poison::{Reason, attributes};
use crate::settings::QueueUrls;
use crate::store::kind;

/// Entries in a request (Amazon SQS API reference, "DeleteMessageBatch").
const PAGE: usize = 10;

/// What the handler does with messages, besides answering.
pub(crate) trait Queues {
    /// Puts a message that can never be handled into the handler's dead-letter queue. In the queue of events it would be
    /// received a thousand times first.
    fn put_away(&self, message: &Message<'_>, reason: &Reason) -> impl Future<Output = Result<(), QueueError>>;

    /// Deletes messages from the queue of events. Lambda deletes them again after the answer.
    fn delete(&self, messages: &[&Message<'_>]) -> impl Future<Output = Result<(), QueueError>>;
}

/// Why a message stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueueError {
    /// The stack is older than its handler.
    #[error("environment variable INCIDENT_DEAD_LETTER_QUEUE_URL is not set; deploy with `incidentctl up`")]
    NoQueue,
    /// SQS refused.
    #[error("SQS rejected the request: {code}: {message}")]
    Refused {
        /// AWS's error code, or the kind of failure without a response.
        code: String,
        /// AWS's message.
        message: String,
    },
}

/// The stack's queues, if the settings name them.
#[derive(Debug, Clone)]
pub(crate) struct StackQueues {
    client: aws_sdk_sqs::Client,
    urls: Option<QueueUrls>,
}

impl StackQueues {
    /// Queues that this function may use.
    pub(crate) fn new(client: aws_sdk_sqs::Client, urls: Option<QueueUrls>) -> Self {
        Self { client, urls }
    }

    fn urls(&self) -> Result<&QueueUrls, QueueError> {
        self.urls.as_ref().ok_or(QueueError::NoQueue)
    }
}

impl Queues for StackQueues {
    async fn put_away(&self, message: &Message<'_>, reason: &Reason) -> Result<(), QueueError> {
        let mut send = self.client.send_message().queue_url(&self.urls()?.dead_letters).message_body(message.body());
        for (name, data_type, value) in attributes(message, reason) {
            let attribute = MessageAttributeValue::builder().data_type(data_type).string_value(value).build();
            send = send.message_attributes(name, attribute.map_err(broken)?);
        }
        send.send().await.map(drop).map_err(|error| rejected(&error))
    }

    async fn delete(&self, messages: &[&Message<'_>]) -> Result<(), QueueError> {
        for page in messages.chunks(PAGE) {
            let mut delete = self.client.delete_message_batch().queue_url(&self.urls()?.events);
            for (index, message) in page.iter().enumerate() {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                delete = delete.entries(entry.receipt_handle(message.receipt()).build().map_err(broken)?);
            }
            let answer = delete.send().await.map_err(|error| rejected(&error))?;
            if let Some(failed) = answer.failed.first() {
                return Err(refused(failed.code(), failed.message().unwrap_or_default()));
            }
        }
        Ok(())
    }
}

fn rejected<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> QueueError {
    refused(error.code().unwrap_or(kind(error)), error.message().unwrap_or("no answer from SQS"))
}

fn broken(error: aws_sdk_sqs::error::BuildError) -> QueueError {
    refused("BrokenRequest", &error.to_string())
}

fn refused(code: &str, message: &str) -> QueueError {
    QueueError::Refused { code: code.to_owned(), message: message.to_owned() }
}
