//! Credentials and permissions.

use super::{ErrorHint, any, of};

const RENEW: &str =
    "the credentials have expired: renew them (`aws sso login` for single sign-on) and run the command again";
const UNKNOWN: &str = "AWS does not know these credentials: check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and --profile, \
    that the region belongs to the account's partition, and that it is enabled for the account";
const SIGNATURE: &str = "the secret key does not match the access key, or this machine's clock is wrong: check both \
    with `incidentctl doctor`";
const LACKING: &str = "the credentials lack the permission named above: `incidentctl doctor --print-policy` prints \
    the policy a deployment needs";
const LACKING_ON_ROLE: &str = "the credentials lack the permission named above, or have it only for roles under a \
    permissions boundary: `permissions_boundary` in the configuration file names it, and `incidentctl doctor \
    --print-policy` prints the policy a deployment needs";

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
    any(
        "MissingAuthenticationToken",
        "",
        "the request was not signed: provide credentials, for example with --profile",
    ),
    any("IncompleteSignature", "", "the request's signature is incomplete: check the credentials for stray characters"),
    any(
        "OptInRequired",
        "",
        "this region is disabled for the account: enable it in the account settings or choose another --region",
    ),
    any(
        "AccessDenied",
        "service control policy",
        "a service control policy denies it for the whole account: ask an administrator of the organisation to allow \
         it",
    ),
    any(
        "AccessDenied",
        "permissions boundary",
        "the permissions boundary of these credentials denies it: use other credentials, or have the boundary widened",
    ),
    any("AccessDenied", "session policy", "the session policy denies it: assume the role without that policy"),
    any(
        "AccessDenied",
        "resource-based policy",
        "the resource's own policy denies it: allow these credentials in that policy",
    ),
    any(
        "AccessDenied",
        "iam:PassRole",
        "these credentials may not pass the role to Lambda: they need iam:PassRole, see `incidentctl doctor \
         --print-policy`",
    ),
    any("AccessDenied", "iam:CreateRole", LACKING_ON_ROLE),
    any("AccessDenied", "iam:PutRolePolicy", LACKING_ON_ROLE),
    any("AccessDenied", "iam:DeleteRolePolicy", LACKING_ON_ROLE),
    any("AccessDenied", "", LACKING),
    any("AuthorizationError", "", LACKING),
    any("UnauthorizedOperation", "", LACKING),
    any("NotAuthorized", "", LACKING),
    of(
        "iam",
        "DeleteConflict",
        "must detach all policies first",
        "a policy that is not part of the stack is attached to the role: detach it, then run `incidentctl down` again",
    ),
    of(
        "iam",
        "DeleteConflict",
        "must delete policies first",
        "the role has an inline policy that is not part of the stack: remove it, then run `incidentctl down` again",
    ),
    of(
        "iam",
        "DeleteConflict",
        "",
        "the role is still used outside the stack, as the message says: remove that use, then run `incidentctl down` \
         again",
    ),
    of(
        "iam",
        "MalformedPolicyDocument",
        "Invalid principal in policy",
        "a principal named in the policy does not exist yet: run `incidentctl up` again in a minute",
    ),
    of(
        "iam",
        "MalformedPolicyDocument",
        "",
        "IAM rejects a policy of the template: this is a bug in incidentctl, please report it",
    ),
    of(
        "iam",
        "EntityAlreadyExists",
        "",
        "another process created this role in the meantime: `incidentctl plan` shows its owner",
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
        "the account's quota of IAM roles is reached: delete unused roles, or request an increase",
    ),
];
