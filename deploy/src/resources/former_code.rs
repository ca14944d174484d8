//! The handler's code before an update, which goes back if the new one fails its self-check.
//!
//! Whatever the update sends to the handler waits for that check: a queue, rules. So what goes back is what the handler
//! could do before.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Architecture;
use bytes::Bytes;

use super::function::wait_until_ready;
use super::{Context, Values};
use crate::aws::wait::retry;
use crate::aws::{AwsError, Explain};
use crate::plan::Change;
use crate::self_check::{complaint, self_check, self_check_after_change};
use crate::template::HANDLER;

/// Code that works.
pub(super) struct FormerCode {
    function: String,
    version: String,
    /// Its zip, or why that could not be kept.
    zip: Result<Bytes, AwsError>,
    architectures: Vec<Architecture>,
}

impl FormerCode {
    /// The code that a change replaces, if it is the handler's and works: what does not work is nothing to go back to.
    pub(super) async fn keep(context: &Context<'_>, change: &Change) -> Option<Self> {
        if change.logical_id != HANDLER {
            return None;
        }
        let function = change.desired.attributes.reference.clone();
        // Not being allowed to ask says nothing about the code, and without an answer there is nothing to compare with.
        let Ok(Ok(version)) = self_check(context.clients, &function).await else { return None };
        context.progress.waiting("a copy of the code before");
        let zip = download(context, &function).await;
        let before = change.observed.as_ref().map(|observed| observed.properties.texts("Architectures"));
        let architectures = before.unwrap_or_default().iter().map(|name| Architecture::from(name.as_str())).collect();
        Some(Self { function, version, zip, architectures })
    }

    /// Puts the code back unless the new one passes its self-check.
    ///
    /// # Errors
    /// `SelfCheckFailed`, which says what failed and which code the handler has now; and the handler's refusal to be
    /// invoked, which says nothing about its code.
    pub(super) async fn put_back_unless_new_works(self, context: &Context<'_>) -> Result<(), AwsError> {
        context.progress.waiting("the handler's self-check");
        let Err(answer) = self_check_after_change(context.clients, &context.progress, &self.function).await? else {
            return Ok(());
        };
        let outcome = match self.put_back(context).await {
            Ok(outcome) => outcome,
            Err(error) => format!("the code before ({}) could not be put back: {error}", self.version),
        };
        let message = format!("the new code failed its self-check ({}); {outcome}", complaint(&answer));
        Err(AwsError::new("lambda:Invoke", FAILED, message))
    }

    async fn put_back(&self, context: &Context<'_>) -> Result<String, AwsError> {
        let zip = self.zip.clone()?;
        let call = context.clients.lambda_at_length.update_function_code().function_name(&self.function);
        let call = call.set_architectures(Some(self.architectures.clone())).zip_file(Blob::new(zip));
        retry(&context.progress, || async { call.clone().send().await.explain("lambda:UpdateFunctionCode") }).await?;
        wait_until_ready(context, &self.function).await?;
        Ok(match self_check_after_change(context.clients, &context.progress, &self.function).await? {
            Ok(version) => format!("the code before ({version}) was put back and works"),
            Err(answer) => {
                format!(
                    "the code before ({}) was put back, and fails as well now ({})",
                    self.version,
                    complaint(&answer)
                )
            }
        })
    }
}

/// Error code for new code that does not work.
const FAILED: &str = "SelfCheckFailed";

async fn download(context: &Context<'_>, function: &str) -> Result<Bytes, AwsError> {
    let call = context.clients.lambda.get_function().function_name(function);
    let link = call.send().await.explain("lambda:GetFunction")?.code.and_then(|code| code.location);
    context.clients.download(&link.unwrap_or_default(), "lambda:GetFunction").await
}
