//! What AWS answers when it refuses.

use std::error::Error;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use incident_model::error_code;

use super::error_hint;
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
    /// Whether it was tried again for as long as such a refusal passes by itself: more patience is in vain.
    pub lasted: bool,
}

/// The code of a call that AWS did not answer.
pub const NO_ANSWER: &str = "NoAnswer";

impl AwsError {
    /// An error in the place of one that AWS would have had to give, such as a failed entry inside of a success.
    pub fn new(call: &str, code: &str, message: impl Into<String>) -> Self {
        Self { call: call.to_owned(), code: code.to_owned(), message: message.into(), request_id: None, lasted: false }
    }

    /// Whether AWS used this code, however the protocol spells it.
    pub fn is(&self, code: &str) -> bool {
        error_code::is_same(&self.code, code)
    }

    /// Whether AWS says that something does not exist, whatever the service calls that. A key of KMS is not meant: no
    /// run makes one.
    pub fn says_absent(&self) -> bool {
        let code = error_code::bare(&self.code);
        let of_code = ["NotFound", "NoSuch", "NonExistent", "DoesNotExist"].iter().any(|part| code.contains(part));
        let of_message = ABSENT.iter().any(|(of, words)| code.starts_with(of) && self.message.contains(words));
        (of_code || of_message) && !code.starts_with("KMS")
    }

    /// Whether AWS says that something exists and does not take this call yet, or is being changed by another one.
    pub fn says_unready(&self) -> bool {
        let code = error_code::bare(&self.code);
        UNREADY.iter().any(|(of, words)| code == *of && self.message.contains(words))
    }

    /// Whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        ["AccessDenied", "AuthorizationError", "UnauthorizedOperation"].iter().any(|code| self.is(code))
    }

    /// What the person can do, if it is known.
    pub fn hint(&self) -> Option<&'static str> {
        error_hint::hint(self)
    }
}

/// Codes of a wrong argument, with the words that make them say that what the argument names does not exist (yet).
const ABSENT: [(&str, &str); 5] = [
    // PutFunctionEventInvokeConfig, of a queue that is a moment old.
    ("InvalidParameterValue", "destination ARN"),
    ("InvalidParameter", "does not exist"),
    ("InvalidParameter", "NotFound"),
    ("InvalidArgument", "does not exist"),
    ("Validation", "does not exist"),
];

/// Codes of what is not ready, each with a part of its message; empty where the code says enough.
const UNREADY: [(&str, &str); 10] = [
    ("ResourceConflict", "following state:"),
    ("ResourceConflict", "in progress"),
    ("ResourceInUse", ""),
    ("ResourceNotReady", ""),
    ("TableInUse", ""),
    ("ContinuousBackupsUnavailable", ""),
    ("ConcurrentModification", ""),
    ("EntityTemporarilyUnmodifiable", ""),
    ("OperationAborted", ""),
    ("ConflictingOperation", ""),
];

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
                lasted: false,
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

#[cfg(test)]
mod tests {
    use super::AwsError;

    #[test]
    fn a_code_is_the_same_in_every_protocol() {
        for (code, other, same) in [
            ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", true),
            ("NonExistentQueue", "AWS.SimpleQueueService.NonExistentQueue", true),
            ("ResourceNotFoundException", "ResourceNotFound", true),
            ("OperationAborted", "OperationAbortedException", true),
            ("NotFound", "ResourceNotFound", false),
            ("NoSuchBucket", "NoSuchTagSet", false),
        ] {
            assert_eq!(AwsError::new("x:Y", code, "").is(other), same, "{code} {other}");
        }
    }

    #[test]
    fn services_have_many_words_for_what_is_not_there_or_not_ready() {
        const NEITHER: [bool; 2] = [false, false];
        const ABSENT: [bool; 2] = [true, false];
        const UNREADY: [bool; 2] = [false, true];
        for (code, message, expected) in [
            ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", ABSENT),
            ("QueueDoesNotExist", "", ABSENT),
            ("NoSuchEntity", "The role with name x cannot be found.", ABSENT),
            ("NoSuchEntityException", "", ABSENT),
            ("NotFound", "Topic does not exist", ABSENT),
            ("ResourceNotFoundException", "Function not found", ABSENT),
            ("ResourceNotFound", "", ABSENT),
            ("TableNotFoundException", "", ABSENT),
            ("NoSuchBucket", "The specified bucket does not exist", ABSENT),
            ("InvalidParameterValueException", "The destination ARN arn:aws:sqs:x:1:q is invalid.", ABSENT),
            ("ValidationException", "Rule x does not exist on EventBus default.", ABSENT),
            ("KMSNotFoundException", "Key does not exist", NEITHER),
            ("InvalidParameterValueException", "Timeout is out of range", NEITHER),
            ("ResourceInUseException", "Attempt to change a resource which is still in use", UNREADY),
            ("ResourceInUse", "Table is not active: x", UNREADY),
            ("OperationAborted", "A conflicting conditional operation is in progress", UNREADY),
            ("OperationAbortedException", "", UNREADY),
            ("ResourceConflictException", "The function is currently in the following state: Pending", UNREADY),
            ("ResourceConflictException", "Function already exist: x", NEITHER),
            ("AccessDeniedException", "not authorized", NEITHER),
        ] {
            let error = AwsError::new("x:Y", code, message);
            assert_eq!([error.says_absent(), error.says_unready()], expected, "{code}: {message}");
        }
    }
}
