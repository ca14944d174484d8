//! Errors of AWS calls.

use std::error::Error;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use incident_model::error_code;

use super::error_hint;
use crate::progress::Failure;

/// A failed call, with everything that AWS reported.
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
    /// Whether retries are exhausted: this error outlasted the time that a transient one may take.
    pub retries_exhausted: bool,
}

/// The code of a call that AWS did not answer.
pub const NO_ANSWER: &str = "NoAnswer";

impl AwsError {
    /// An error for a failure that AWS reports without one, such as a failed entry in a successful response.
    pub fn new(call: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            call: call.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
            retries_exhausted: false,
        }
    }

    /// Whether the error has this code, in any protocol's spelling.
    pub fn is(&self, code: &str) -> bool {
        error_code::is_same(&self.code, code)
    }

    /// Whether DynamoDB does not keep up.
    pub fn says_throttled(&self) -> bool {
        THROTTLED.iter().any(|code| self.is(code))
    }

    /// Whether a table lacks the index of a query.
    pub fn lacks_index(&self) -> bool {
        self.is("ValidationException") && self.message.contains("does not have the specified index")
    }

    /// Whether AWS reports that something does not exist, whatever the service's code for it. KMS keys are excluded: no
    /// run creates one.
    pub fn says_absent(&self) -> bool {
        let code = error_code::bare(&self.code);
        let of_code = ["NotFound", "NoSuch", "NonExistent", "DoesNotExist"].iter().any(|part| code.contains(part));
        let of_message = ABSENT.iter().any(|(of, words)| code.starts_with(of) && self.message.contains(words));
        (of_code || of_message) && !code.starts_with("KMS")
    }

    /// Whether AWS reports that a resource exists but is not ready for this call, or is being changed by another one.
    pub fn says_unready(&self) -> bool {
        let code = error_code::bare(&self.code);
        UNREADY.iter().any(|(of, words)| code == *of && self.message.contains(words))
    }

    /// Whether the caller lacks the permission.
    pub fn is_denied(&self) -> bool {
        ["AccessDenied", "AuthorizationError", "UnauthorizedOperation"].iter().any(|code| self.is(code))
    }

    /// The remedy, if one is known.
    pub fn hint(&self) -> Option<&'static str> {
        error_hint::hint(self)
    }
}

/// What DynamoDB answers when a table does not keep up.
const THROTTLED: [&str; 3] = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];

/// Validation codes, with the part of the message by which they mean that something does not exist (yet).
const ABSENT: [(&str, &str); 5] = [
    // PutFunctionEventInvokeConfig with a queue that was just created.
    ("InvalidParameterValue", "destination ARN"),
    ("InvalidParameter", "does not exist"),
    ("InvalidParameter", "NotFound"),
    ("InvalidArgument", "does not exist"),
    ("Validation", "does not exist"),
];

/// Codes for "not ready", each with a part of its message; empty where the code is unambiguous.
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
    /// Adds the name of the call.
    ///
    /// # Errors
    /// The same failure as an [`AwsError`].
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
                retries_exhausted: false,
            },
            None => AwsError::new(call, NO_ANSWER, chain(&error)),
        })
    }
}

/// An error and its sources, on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

/// Separates "does not exist" from every other failure.
pub trait Absent<T> {
    /// `None` when the error has this code.
    ///
    /// # Errors
    /// Every other failure. A denied read in particular is no proof of absence.
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
    fn absence_and_unreadiness_are_recognised_across_services() {
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
