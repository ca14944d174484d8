//! Identity-based authorization, before a call reaches its service.

mod table;

use crate::policy::Need;
use crate::services::{cloudformation, cloudwatch, events, iam, lambda, logs, s3, sns, sqs, states, sts};
use crate::{ApiError, Call, Cloud, Principal, RestRequest};

use super::protocol::Protocol;
use super::signature;

/// Unsigned operations: the links in subscription mails.
pub(super) fn is_public(service: &str, operation: &str) -> bool {
    service == "sns" && matches!(operation, "ConfirmSubscription" | "Unsubscribe")
}

/// Checks every permission a call requires against the caller's policies.
pub(super) fn check(
    cloud: &Cloud,
    call: &Call,
    rest: Option<&RestRequest>,
    protocol: Protocol,
) -> Result<(), ApiError> {
    // Anonymous calls reach this point only for public operations.
    if matches!(call.principal, Principal::Root | Principal::Anonymous) {
        return Ok(());
    }
    for mut need in needs(cloud, call, rest) {
        need = need.with("aws:RequestedRegion", call.region.as_str()).with("aws:SecureTransport", "true");
        iam::authorize(cloud, &call.principal, &need)
            .map_err(|denied| ApiError::new(code(call), denied.message).with_status(signature::forbidden(protocol)))?;
    }
    Ok(())
}

/// The target ARN as policies name it; `*` where the action has no resource.
pub(super) fn resource(needs: &[Need]) -> String {
    needs.first().map_or_else(|| "*".to_owned(), |need| need.resource.clone())
}

/// The permissions a call requires.
pub(super) fn needs(cloud: &Cloud, call: &Call, rest: Option<&RestRequest>) -> Vec<Need> {
    match (call.service.as_str(), rest) {
        ("lambda", Some(rest)) => lambda::authorization(cloud, rest),
        ("s3", Some(rest)) => s3::authorization(rest),
        ("dynamodb", _) => table::needs(call),
        ("iam", _) => iam::authorization(cloud, call),
        ("sts", _) => sts::authorization(call),
        ("sns", _) => sns::authorization(call),
        ("sqs", _) => sqs::authorization(call),
        ("events", _) => events::authorization(call),
        ("logs", _) => logs::authorization(call),
        ("cloudformation", _) => cloudformation::authorization(call),
        ("monitoring", _) => cloudwatch::authorization(call),
        ("states", _) => states::authorization(call),
        // No action of these that is implemented has a resource.
        ("cloudtrail" | "ecs", _) => vec![Need::new(format!("{}:{}", call.service, call.operation), "*")],
        (service, _) => vec![Need::new(format!("{service}:{}", call.operation), "*")],
    }
}

/// The access-denied code; SNS has its own.
fn code(call: &Call) -> &'static str {
    match call.service.as_str() {
        "sns" => "AuthorizationError",
        "iam" | "sts" | "monitoring" | "sqs" | "s3" | "cloudformation" => "AccessDenied",
        _ => "AccessDeniedException",
    }
}
