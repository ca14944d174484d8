//! Lambda.

use super::{ErrorHint, of};

const fn lambda(code: &'static str, message: &'static str, hint: &'static str) -> ErrorHint {
    of("lambda", code, message, hint)
}

const BUSY: &str = "another change of the function is under way: run `incidentctl up` again when it has ended";
const TOO_LARGE: &str =
    "the handler is too large for Lambda: without --handler, `up` builds the small one in a source checkout";

pub(super) const HINTS: &[ErrorHint] = &[
    lambda(
        "InvalidParameterValueException",
        "cannot be assumed by Lambda",
        "the role's trust policy has to name lambda.amazonaws.com; a new role may take longer than the minute that was waited: \
         run `incidentctl up` again",
    ),
    lambda(
        "InvalidParameterValueException",
        "execution role does not have permissions",
        "the role's policy did not spread within a minute, or somebody changed it: run `incidentctl up` again, which restores it",
    ),
    lambda(
        "InvalidParameterValueException",
        "KMS key is invalid for CreateGrant",
        "the function cannot use its key yet, or the key's policy does not admit the role: run `incidentctl up` again, \
         then check the policy (docs/security.md)",
    ),
    lambda(
        "InvalidArnException",
        "valid principal",
        "KMS does not know the new role yet: run `incidentctl up` again in a minute",
    ),
    lambda(
        "InvalidParameterValueException",
        "throttled by EC2",
        "EC2 slowed Lambda down: run `incidentctl up` again in some minutes",
    ),
    lambda("InvalidParameterValueException", "Unzipped size must be smaller", TOO_LARGE),
    lambda("RequestEntityTooLargeException", "", TOO_LARGE),
    lambda(
        "InvalidParameterValueException",
        "unzip",
        "Lambda cannot read the zip: run `incidentctl up` again; if it stays so, delete `incident-handler.zip` beside the \
         handler, which is then made anew",
    ),
    lambda(
        "InvalidParameterValueException",
        "below its minimum value",
        "the account has too little unreserved concurrency: free some of it, or have Lambda's quota raised",
    ),
    lambda("ResourceConflictException", "update is in progress", BUSY),
    lambda("ResourceConflictException", "following state: Pending", BUSY),
    lambda(
        "ResourceConflictException",
        "Function already exist",
        "somebody else made this function in the meantime: `incidentctl plan` shows whose it is",
    ),
    lambda(
        "ResourceConflictException",
        "statement id",
        "a permission of this name exists with another content: run `incidentctl up` again, which compares it first",
    ),
    lambda(
        "KMSAccessDeniedException",
        "",
        "the function cannot decrypt its environment, as when its role was deleted and made again: run `incidentctl up`, which \
         gives it the role anew",
    ),
    lambda("KMSDisabledException", "", "the key of the function's environment is disabled: enable it in KMS"),
    lambda(
        "KMSNotFoundException",
        "",
        "the key of the function's environment is gone: choose another `kms_key` and run `incidentctl up`",
    ),
    lambda(
        "CodeStorageExceededException",
        "",
        "the account's storage for Lambda code is full: delete old functions or versions",
    ),
    lambda(
        "PolicyLengthExceededException",
        "",
        "the function's policy is full: remove statements that are not the stack's",
    ),
    lambda(
        "TooManyRequestsException",
        "ConcurrentInvocationLimitExceeded",
        "every execution that the account may run at once is running: `incidentctl doctor` shows the quota",
    ),
    lambda(
        "ResourceNotFoundException",
        "Function not found",
        "the function does not exist: `incidentctl up` makes it; --stack and --region choose another",
    ),
    lambda(
        "InvalidRuntimeException",
        "",
        "this region does not have the runtime provided.al2023: choose another --region",
    ),
];
