//! Errors that every service may return, and failures without a response.

use super::{ErrorHint, any};
use crate::aws::error::NO_ANSWER;

const QUOTA: &str =
    "a quota of the account is reached: check it with `incidentctl doctor`, and request an increase in Service Quotas";
const SLOWED: &str =
    "AWS is throttling the account, probably because of other callers: run the command again in a minute";
const BROKEN: &str = "the failure is on AWS's side: run the command again; https://health.aws.amazon.com lists outages";

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
        "the same resource is being changed by another caller: run the command again in a few minutes",
    ),
    any(
        "ConcurrentModification",
        "",
        "the same resource is being changed by another caller: run the command again in a few minutes",
    ),
    any("TimedOut", "", "AWS took longer than expected: run the command again to continue where this run stopped"),
    any(
        "NameTaken",
        "",
        "choose another --stack name, or delete that resource if it is unused; then run `incidentctl up` again",
    ),
    any(
        "NotImplemented",
        "",
        "this endpoint does not support the operation: the local AWS and emulators implement only a part of AWS",
    ),
    any(
        "UnknownOperationException",
        "",
        "this endpoint does not support the operation: the local AWS and emulators implement only a part of AWS",
    ),
    any(NO_ANSWER, "dns error", "the address was not found: check the network, --region and --endpoint-url"),
    any(
        NO_ANSWER,
        "Connection refused",
        "nothing listens at that address: check --endpoint-url, or start the endpoint",
    ),
    any(
        NO_ANSWER,
        "certificate",
        "the certificate is not trusted: check the proxy and --endpoint-url, or set SSL_CERT_FILE",
    ),
    any(NO_ANSWER, "", "check the network, --endpoint-url and --region; running the command again is safe"),
];
