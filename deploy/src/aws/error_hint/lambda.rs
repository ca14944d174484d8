//! Lambda.

use super::{ErrorHint, of};

const fn lambda(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("lambda", code, message, hint)
}

const BUSY: &str = "another change to the function is in progress: run `incidentctl up` again when it has finished";
const TOO_LARGE: &str =
    "the handler is too large for Lambda: in a source checkout, `up` without --handler builds the small one";

pub(super) const HINTS: &[ErrorHint] = &[
    lambda(
        "SelfCheckFailed",
        "could not be put back",
        "failures may go unnoticed until a handler works: run `incidentctl up` with one that does",
    ),
    lambda(
        "SelfCheckFailed",
        "",
        "`incidentctl logs handler` shows the log; what would have used the new code was not changed",
    ),
    lambda(
        "InvalidParameterValueException",
        "cannot be assumed by Lambda",
        "the role's trust policy must name lambda.amazonaws.com, or a new role took more than a minute to propagate: \
         run `incidentctl up` again",
    ),
    lambda(
        "InvalidParameterValueException",
        "execution role does not have permissions",
        "the role's policy did not propagate within a minute, or it was changed: run `incidentctl up` again to \
         restore it",
    ),
    lambda(
        "InvalidParameterValueException",
        "KMS key is invalid for CreateGrant",
        "the function cannot use its key yet, or the key's policy does not allow the role: run `incidentctl up` \
         again, then check the policy (docs/security.md)",
    ),
    lambda(
        "InvalidArnException",
        "valid principal",
        "the new role has not reached KMS yet: run `incidentctl up` again in a minute",
    ),
    lambda(
        "InvalidParameterValueException",
        "throttled by EC2",
        "EC2 throttled Lambda: run `incidentctl up` again in a few minutes",
    ),
    lambda("InvalidParameterValueException", "Unzipped size must be smaller", TOO_LARGE),
    lambda("RequestEntityTooLargeException", "", TOO_LARGE),
    lambda(
        "InvalidParameterValueException",
        "unzip",
        "Lambda cannot read the zip: run `incidentctl up` again; if that does not help, delete `incident-handler.zip` \
         beside the handler to have it rebuilt",
    ),
    lambda(
        "InvalidParameterValueException",
        "below its minimum value",
        "the account has too little unreserved concurrency: free some, or request an increase of Lambda's quota",
    ),
    lambda("ResourceConflictException", "update is in progress", BUSY),
    lambda("ResourceConflictException", "following state: Pending", BUSY),
    lambda(
        "ResourceConflictException",
        "Function already exist",
        "another process created this function in the meantime: `incidentctl plan` shows its owner",
    ),
    lambda(
        "ResourceConflictException",
        "statement id",
        "a different permission with this statement id exists: run `incidentctl up` again, which compares it first",
    ),
    lambda(
        "KMSAccessDeniedException",
        "",
        "the function cannot decrypt its environment, usually because its role was re-created: run `incidentctl up`, \
         which grants it the role again",
    ),
    lambda(
        "KMSDisabledException",
        "",
        "the key that encrypts the function's environment is disabled: enable it in KMS",
    ),
    lambda(
        "KMSNotFoundException",
        "",
        "the key that encrypts the function's environment no longer exists: set another `kms_key` and run \
         `incidentctl up`",
    ),
    lambda(
        "CodeStorageExceededException",
        "",
        "the account's storage for Lambda code is full: delete unused functions or versions",
    ),
    lambda(
        "PolicyLengthExceededException",
        "",
        "the function's policy is full: remove statements that do not belong to the stack",
    ),
    lambda(
        "TooManyRequestsException",
        "ConcurrentInvocationLimitExceeded",
        "the account's concurrent executions are exhausted: `incidentctl doctor` shows the quota",
    ),
    lambda(
        "ResourceNotFoundException",
        "Function not found",
        "the function does not exist: create it with `incidentctl up`, or select another stack with --stack and \
         --region",
    ),
    lambda(
        "InvalidRuntimeException",
        "",
        "this region does not offer the runtime provided.al2023: choose another --region",
    ),
];
