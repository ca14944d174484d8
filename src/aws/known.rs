//! Failures that people meet, and what helps. One table, matched by code and, where a code has many meanings, by a
//! part of the message.

use super::AwsError;

/// A failure with a remedy.
struct Known {
    code: &'static str,
    /// A part of AWS's message; empty when the code says enough.
    message: &'static str,
    hint: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        code: "ExpiredToken",
        message: "",
        hint: "the credentials have expired: renew them, with single sign-on by `aws sso login`",
    },
    Known {
        code: "ExpiredTokenException",
        message: "",
        hint: "the credentials have expired: renew them, with single sign-on by `aws sso login`",
    },
    Known {
        code: "InvalidClientTokenId",
        message: "",
        hint: "AWS does not know this access key: check AWS_ACCESS_KEY_ID, --profile and the partition of the region",
    },
    Known {
        code: "UnrecognizedClientException",
        message: "",
        hint: "AWS does not know these credentials: check them, and that the region is enabled for the account",
    },
    Known {
        code: "SignatureDoesNotMatch",
        message: "",
        hint: "the secret key does not belong to the access key, or this machine's clock is wrong",
    },
    Known {
        code: "OptInRequired",
        message: "",
        hint: "this region is disabled for the account: enable it in the account settings or choose another --region",
    },
    Known { code: "AccessDenied", message: "", hint: "the credentials lack the permission named above" },
    Known { code: "AccessDeniedException", message: "", hint: "the credentials lack the permission named above" },
    Known { code: "AuthorizationError", message: "", hint: "the credentials lack the permission named above" },
    Known {
        code: "InvalidParameterValueException",
        message: "cannot be assumed by Lambda",
        hint: "the role's trust policy has to name lambda.amazonaws.com; a new role takes up to a minute, so run `incidentctl up` again",
    },
    Known {
        code: "InvalidParameterValueException",
        message: "Unzipped size must be smaller",
        hint: "the handler is too large for Lambda: build it with the profile `handler`",
    },
    Known {
        code: "RequestEntityTooLargeException",
        message: "",
        hint: "the zip is too large for a direct upload: build the handler with the profile `handler`",
    },
    Known {
        code: "CodeStorageExceededException",
        message: "",
        hint: "the account's storage for Lambda code is full: delete old functions or versions",
    },
    Known {
        code: "ResourceConflictException",
        message: "Function already exist",
        hint: "somebody else made this function in the meantime: run `incidentctl plan` to see whose it is",
    },
    Known {
        code: "DeleteConflict",
        message: "",
        hint: "a policy that is not part of the stack is attached to the role: detach it, then run `incidentctl down` again",
    },
    Known {
        code: "ValidationException",
        message: "deletion protection",
        hint: "the table is protected: switch off its deletion protection first, if its incidents may go",
    },
    Known {
        code: "LimitExceededException",
        message: "",
        hint: "a quota of the account is reached: the service's quota page of the console raises it",
    },
    Known {
        code: "LimitExceeded",
        message: "",
        hint: "a quota of the account is reached: the service's quota page of the console raises it",
    },
    Known {
        code: "QueueDeletedRecently",
        message: "",
        hint: "SQS frees a queue's name 60 seconds after its deletion: run `incidentctl up` again in a minute",
    },
    Known {
        code: super::error::NO_ANSWER,
        message: "",
        hint: "check the network, --endpoint-url and --region; running the command again is safe",
    },
];

/// What helps against this failure.
pub(super) fn hint(error: &AwsError) -> Option<&'static str> {
    KNOWN.iter().find(|known| error.code == known.code && error.message.contains(known.message)).map(|known| known.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_messages_find_their_remedy() {
        for (code, message, expected) in [
            ("ExpiredTokenException", "The security token included in the request is expired", Some("aws sso login")),
            ("ResourceConflictException", "Function already exist: x", Some("somebody else")),
            ("ResourceConflictException", "An update is in progress", None),
            ("SomethingNew", "", None),
        ] {
            let hint = AwsError::new("lambda:CreateFunction", code, message).hint();
            assert_eq!(hint.is_some(), expected.is_some(), "{code} {message}");
            assert!(expected.is_none_or(|part| hint.is_some_and(|hint| hint.contains(part))), "{hint:?}");
        }
    }
}
