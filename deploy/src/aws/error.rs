//! What AWS answers when it refuses.

use std::error::Error;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use incident_model::error_code;

use super::known;
use crate::progress::Failure;

/// A call that failed, with everything that AWS said about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {message} ({code}{})", request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default())]
pub struct AwsError {
    /// Service and operation, as in IAM policies: `lambda:CreateFunction`.
    pub call: String,
    /// AWS's error code, or `NoAnswer` when no answer of AWS arrived.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// The id that AWS support asks for.
    pub request_id: Option<String>,
}

/// The code of a call that AWS did not answer.
pub const NO_ANSWER: &str = "NoAnswer";

impl AwsError {
    /// An error in the place of one that AWS would have had to give, such as a failed entry inside of a success.
    pub fn new(call: &str, code: &str, message: impl Into<String>) -> Self {
        Self { call: call.to_owned(), code: code.to_owned(), message: message.into(), request_id: None }
    }

    /// Whether AWS used this code. Services of the query protocol leave the suffix out in some answers.
    pub fn is(&self, code: &str) -> bool {
        error_code::is_same(&self.code, code)
    }

    /// Whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        ["AccessDenied", "AuthorizationError", "UnauthorizedOperation"].iter().any(|code| self.is(code))
    }

    /// What the person can do, if it is known.
    pub fn hint(&self) -> Option<&'static str> {
        known::hint(self)
    }
}

impl From<&AwsError> for Failure {
    fn from(error: &AwsError) -> Self {
        Self {
            call: error.call.clone(),
            code: error.code.clone(),
            message: error.message.clone(),
            request_id: error.request_id.clone(),
        }
    }
}

/// Turns the SDK's errors into [`AwsError`].
pub trait Explain<T> {
    /// Names the call that failed.
    ///
    /// # Errors
    /// The same failure, readable.
    fn explain(self, call: &str) -> Result<T, AwsError>;
}

impl<T, E, R> Explain<T> for Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug + 'static,
{
    fn explain(self, call: &str) -> Result<T, AwsError> {
        self.map_err(|error| match error.as_service_error() {
            Some(answer) => AwsError {
                call: call.to_owned(),
                code: answer.code().unwrap_or("Unknown").to_owned(),
                message: answer.message().unwrap_or("AWS gave no message").to_owned(),
                request_id: answer.meta().extra("aws_request_id").map(ToOwned::to_owned),
            },
            None => AwsError::new(call, NO_ANSWER, chain(&error)),
        })
    }
}

/// An error and what it was caused by, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

/// Tells "does not exist" from every other failure.
pub trait Absent<T> {
    /// `None` when the code says that the thing does not exist.
    ///
    /// # Errors
    /// Every other failure, above all a denied read: that is not an absence.
    fn or_absent(self, code: &str) -> Result<Option<T>, AwsError>;
}

impl<T> Absent<T> for Result<T, AwsError> {
    fn or_absent(self, code: &str) -> Result<Option<T>, AwsError> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is(code) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
