//! Sends mails through the alert topic.

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use incident_model::mail::Mail;

/// Where mails go.
pub trait Notifier {
    /// Publishes a mail; on success SNS is responsible for the delivery.
    fn publish(&self, mail: &Mail) -> impl Future<Output = Result<(), NotifyError>>;
}

/// Why a mail was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the alert topic rejected the mail: {code}: {message}")]
pub struct NotifyError {
    /// AWS's error code, or the kind of failure without a response.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

/// The alert topic.
#[derive(Debug, Clone)]
pub struct Topic {
    client: aws_sdk_sns::Client,
    arn: String,
}

impl Topic {
    /// A topic to which this function may publish.
    pub fn new(client: aws_sdk_sns::Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Whether the topic exists and is visible to this function's role.
    ///
    /// # Errors
    /// AWS's code and message.
    pub async fn check(&self) -> Result<(), NotifyError> {
        let answer = self.client.get_topic_attributes().topic_arn(&self.arn).send().await;
        answer.map(drop).map_err(|error| refused(&error))
    }

    async fn publish_as(&self, subject: &str, body: &str) -> Result<(), NotifyError> {
        let publish = self.client.publish().topic_arn(&self.arn).subject(subject).message(body);
        publish.send().await.map(drop).map_err(|error| refused(&error))
    }
}

impl Notifier for Topic {
    async fn publish(&self, mail: &Mail) -> Result<(), NotifyError> {
        match self.publish_as(&mail.subject, &mail.body).await {
            // SNS's rules for subjects are stricter than documented. A plain subject is better than a lost alert.
            Err(error) if error.code.starts_with("InvalidParameter") => {
                self.publish_as("[incident] see the text", &mail.body).await
            }
            answer => answer,
        }
    }
}

fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> NotifyError {
    NotifyError {
        code: error.code().unwrap_or(crate::store::kind(error)).to_owned(),
        message: error.message().unwrap_or("no answer from SNS").to_owned(),
    }
}
