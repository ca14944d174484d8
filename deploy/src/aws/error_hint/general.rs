//! What every service may answer, and what comes in the place of an answer.

use super::{ErrorHint, any};
use crate::aws::error::NO_ANSWER;

const QUOTA: &str = "a quota of the account is reached: `incidentctl doctor` names those that it knows; the service's quota page raises it";
const SLOWED: &str =
    "AWS slows the account down, as when many programs call it at once: run the command again in a minute";
const BROKEN: &str =
    "AWS failed, not the request: run the command again; https://health.aws.amazon.com tells of larger failures";

pub(super) const HINTS: &[ErrorHint] = &[
    any("LimitExceededException", "", QUOTA),
    any("ServiceQuotaExceededException", "", QUOTA),
    any("ThrottlingException", "", SLOWED),
    any("Throttling", "", SLOWED),
    any("ThrottledException", "", SLOWED),
    any("TooManyRequestsException", "", SLOWED),
    any("RequestLimitExceeded", "", SLOWED),
    any("SlowDown", "", SLOWED),
    any("InternalFailure", "", BROKEN),
    any("InternalError", "", BROKEN),
    any("InternalServerError", "", BROKEN),
    any("InternalServerErrorException", "", BROKEN),
    any("ServiceException", "", BROKEN),
    any("ServiceUnavailable", "", BROKEN),
    any("ServiceUnavailableException", "", BROKEN),
    any("ServiceFailure", "", BROKEN),
    any(
        "ConcurrentModificationException",
        "",
        "somebody else changes the same resource: run the command again in some minutes",
    ),
    any("ConcurrentModification", "", "somebody else changes the same resource: run the command again in some minutes"),
    any(
        "TimedOut",
        "",
        "AWS is slower than it ever should be: run the command again, which goes on where this one stopped",
    ),
    any(
        "NameTaken",
        "",
        "choose another --stack name, or remove that resource if nobody needs it; then run `incidentctl up` again",
    ),
    any("NotImplemented", "", "this endpoint lacks the operation: the local AWS and emulators have a part of AWS only"),
    any(
        "UnknownOperationException",
        "",
        "this endpoint lacks the operation: the local AWS and emulators have a part of AWS only",
    ),
    any(NO_ANSWER, "dns error", "the address was not found: check the network, --region and --endpoint-url"),
    any(NO_ANSWER, "Connection refused", "nothing listens there: check --endpoint-url, or start what should"),
    any(
        NO_ANSWER,
        "certificate",
        "the certificate is not trusted: check the proxy and --endpoint-url, or set SSL_CERT_FILE",
    ),
    any(NO_ANSWER, "", "check the network, --endpoint-url and --region; running the command again is safe"),
];
