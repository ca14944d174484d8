//! What a caller's own policies have to allow before a service is asked.

mod table;

use crate::policy::Need;
use crate::services::{cloudformation, cloudwatch, events, iam, lambda, logs, s3, sns, sqs, sts};
use crate::{ApiError, Call, Cloud, Principal, RestRequest};

use super::protocol::Protocol;
use super::signature;

/// Operations that AWS takes without a signature: the links in a subscription's mails.
pub(super) fn is_public(service: &str, operation: &str) -> bool {
    service == "sns" && matches!(operation, "ConfirmSubscription" | "Unsubscribe")
}

/// Asks the caller's policies for everything that a call needs.
pub(super) fn check(
    cloud: &Cloud,
    call: &Call,
    rest: Option<&RestRequest>,
    protocol: Protocol,
) -> Result<(), ApiError> {
    // An anonymous call got this far only because its operation is public.
    if matches!(call.principal, Principal::Root | Principal::Anonymous) {
        return Ok(());
    }
    for mut need in needs(call, rest) {
        need = need.with("aws:RequestedRegion", call.region.as_str()).with("aws:SecureTransport", "true");
        iam::authorize(cloud, &call.principal, &need)
            .map_err(|denied| ApiError::new(code(call), denied.message).with_status(signature::forbidden(protocol)))?;
    }
    Ok(())
}

/// The ARN that a call is for, as policies name it; `*` where they name nothing.
pub(super) fn resource(needs: &[Need]) -> String {
    needs.first().map_or_else(|| "*".to_owned(), |need| need.resource.clone())
}

/// The permissions that a call takes.
pub(super) fn needs(call: &Call, rest: Option<&RestRequest>) -> Vec<Need> {
    match (call.service.as_str(), rest) {
        ("lambda", Some(rest)) => lambda::authorization(rest),
        ("s3", Some(rest)) => s3::authorization(rest),
        ("dynamodb", _) => table::needs(call),
        ("iam", _) => iam::authorization(call),
        ("sts", _) => sts::authorization(call),
        ("sns", _) => sns::authorization(call),
        ("sqs", _) => sqs::authorization(call),
        ("events", _) => events::authorization(call),
        ("logs", _) => logs::authorization(call),
        ("cloudformation", _) => cloudformation::authorization(call),
        ("monitoring", _) => cloudwatch::authorization(call),
        (service, _) => vec![Need::new(format!("{service}:{}", call.operation), "*")],
    }
}

/// The code of a refusal; SNS has its own.
fn code(call: &Call) -> &'static str {
    match call.service.as_str() {
        "sns" => "AuthorizationError",
        "iam" | "sts" | "monitoring" | "sqs" | "s3" | "cloudformation" => "AccessDenied",
        _ => "AccessDeniedException",
    }
}
