//! Where dead letters are sent again.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use incident_deploy::aws::{AwsError, Clients, Explain};

use super::letter::DeadLetter;
use crate::settings::StackName;

/// What takes events for the handler.
#[derive(Debug, Clone)]
pub enum Target {
    /// The queue of events, in which what the handler cannot record waits.
    Queue {
        /// The client.
        client: aws_sdk_sqs::Client,
        /// Its name.
        name: String,
        /// Its URL.
        url: String,
    },
    /// The handler itself, in a stack that has no such queue yet.
    Handler {
        /// The client.
        client: aws_sdk_lambda::Client,
        /// Its name.
        name: String,
    },
}

impl Target {
    /// That of a stack.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn of(clients: &Clients, stack: &StackName) -> Result<Self, AwsError> {
        let name = stack.event_queue();
        match clients.sqs.get_queue_url().queue_name(&name).send().await.explain("sqs:GetQueueUrl") {
            Err(error) if error.says_absent() => {
                Ok(Self::Handler { client: clients.lambda.clone(), name: stack.handler() })
            }
            answer => {
                let url = answer?.queue_url.unwrap_or_default();
                Ok(Self::Queue { client: clients.sqs.clone(), name, url })
            }
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Queue { name, .. } | Self::Handler { name, .. } => name,
        }
    }

    /// Sends the event of a dead letter.
    ///
    /// # Errors
    /// When AWS does not accept it.
    pub async fn send(&self, letter: &DeadLetter) -> Result<(), AwsError> {
        match self {
            Self::Queue { client, url, .. } => {
                let call = client.send_message().queue_url(url).message_body(&letter.payload);
                // One group, so that a flood of them does not hold up what fails now.
                call.message_group_id("redrive").send().await.explain("sqs:SendMessage").map(drop)
            }
            Self::Handler { client, name } => {
                let call = client.invoke().function_name(name).invocation_type(InvocationType::Event);
                call.payload(Blob::new(letter.payload.as_bytes())).send().await.explain("lambda:Invoke").map(drop)
            }
        }
    }
}
