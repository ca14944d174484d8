//! Credentials and permissions.

use super::{ErrorHint, any, of};

const RENEW: &str =
    "the credentials have expired: renew them, with single sign-on by `aws sso login`, and run the command again";
const UNKNOWN: &str = "AWS does not know these credentials: check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and --profile, that the region \
     belongs to the account's partition, and that it is enabled for the account";
const SIGNATURE: &str = "the secret key does not belong to the access key, or this machine's clock is wrong: check both with `incidentctl doctor`";
const LACKING: &str = "the credentials lack the permission named above: `incidentctl doctor --print-policy` prints all that a deployment needs";

pub(super) const HINTS: &[ErrorHint] = &[
    any("ExpiredToken", "", RENEW),
    any("RequestExpired", "", RENEW),
    any("InvalidClientTokenId", "", UNKNOWN),
    any("InvalidAccessKeyId", "", UNKNOWN),
    any("UnrecognizedClientException", "", UNKNOWN),
    any("AuthFailure", "", UNKNOWN),
    any("InvalidToken", "", UNKNOWN),
    any("SignatureDoesNotMatch", "", SIGNATURE),
    any("InvalidSignatureException", "", SIGNATURE),
    any("RequestTimeTooSkewed", "", "this machine's clock is wrong: set it, then run the command again"),
    any("MissingAuthenticationToken", "", "the request had no signature: give credentials, as with --profile"),
    any(
        "IncompleteSignature",
        "",
        "the request had no complete signature: check the credentials for characters that do not belong",
    ),
    any(
        "OptInRequired",
        "",
        "this region is disabled for the account: enable it in the account settings or choose another --region",
    ),
    any(
        "AccessDenied",
        "service control policy",
        "a policy of the organisation forbids it to everybody in this account: only who runs the organisation can allow it",
    ),
    any(
        "AccessDenied",
        "permissions boundary",
        "the permissions boundary of these credentials forbids it: use others, or have it widened",
    ),
    any("AccessDenied", "session policy", "the policy of this session forbids it: assume the role without that policy"),
    any(
        "AccessDenied",
        "resource-based policy",
        "the resource's own policy forbids it: it has to admit these credentials",
    ),
    any(
        "AccessDenied",
        "iam:PassRole",
        "these credentials may not give the role to Lambda: they need iam:PassRole for it, as `incidentctl doctor --print-policy` prints",
    ),
    any("AccessDenied", "", LACKING),
    any("AuthorizationError", "", LACKING),
    any("UnauthorizedOperation", "", LACKING),
    any("NotAuthorized", "", LACKING),
    of(
        "iam",
        "DeleteConflict",
        "must detach all policies first",
        "somebody attached a policy to the role that is not part of the stack: detach it, then run `incidentctl down` again",
    ),
    of(
        "iam",
        "DeleteConflict",
        "must delete policies first",
        "somebody added an inline policy to the role that is not part of the stack: remove it, then run `incidentctl down` again",
    ),
    of(
        "iam",
        "DeleteConflict",
        "",
        "something that is not part of the stack holds the role: the message names it; remove it, then run `incidentctl down` again",
    ),
    of(
        "iam",
        "MalformedPolicyDocument",
        "Invalid principal in policy",
        "a principal that the policy names does not exist, or not yet: run `incidentctl up` again in a minute",
    ),
    of(
        "iam",
        "MalformedPolicyDocument",
        "",
        "the template has a policy that IAM does not understand: this is a bug of incidentctl, please report it",
    ),
    of(
        "iam",
        "EntityAlreadyExists",
        "",
        "somebody else made this role in the meantime: `incidentctl plan` shows whose it is",
    ),
    of(
        "iam",
        "NoSuchEntity",
        "policy",
        "the policy does not exist: check `permissions_boundary` in the configuration file",
    ),
    of(
        "iam",
        "LimitExceeded",
        "RolesPerAccount",
        "the account has as many roles as it may: delete unused ones, or have IAM's quota raised",
    ),
];
