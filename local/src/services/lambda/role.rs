//! The role that a function runs under.

use super::function::{Function, Revision};
use super::validation::invalid;
use crate::arn::Arn;
use crate::config::ACCOUNT;
use crate::policy::{Denied, Need};
use crate::services::iam;
use crate::{ApiError, Cloud, Principal};

/// The principal that assumes the roles of functions.
pub(super) const SERVICE: &str = "lambda.amazonaws.com";

/// Checks that Lambda may run a function under a role.
///
/// # Errors
/// `InvalidParameterValueException` in AWS's words: the same for a role that is absent, that is too new, or that does
/// not trust Lambda. `AccessDeniedException` for a role of another account.
pub(super) fn check_assumable(cloud: &Cloud, role_arn: &str) -> Result<(), ApiError> {
    if Arn::parse(role_arn).is_some_and(|arn| arn.account != ACCOUNT) {
        return Err(ApiError::new("AccessDeniedException", "Cross-account pass role is not allowed.").with_status(403));
    }
    iam::can_be_assumed(cloud, role_arn, SERVICE)
        .map_err(|_| invalid("The role defined for the function cannot be assumed by Lambda."))
}

/// Who a function is when it calls AWS.
pub(super) fn principal(function: &Function) -> Principal {
    let role_name = name_of(&function.latest.settings.role).to_owned();
    let session_arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{}", function.name);
    Principal::Role { role_name, session_arn }
}

/// Whether the function's role may do something.
///
/// # Errors
/// When it may not.
pub(super) fn check_permission(cloud: &Cloud, function: &Function, need: &Need) -> Result<(), Denied> {
    iam::authorize(cloud, &principal(function), need)
}

/// Checks that the role may send to a dead-letter queue or topic.
///
/// # Errors
/// `InvalidParameterValueException` in AWS's words.
pub(super) fn check_dead_letter(cloud: &Cloud, function: &Function) -> Result<(), ApiError> {
    let Some(target) = &function.latest.settings.dead_letter else { return Ok(()) };
    let (call, service, action) = if target.starts_with("arn:aws:sqs:") {
        ("SendMessage", "SQS", "sqs:SendMessage")
    } else {
        ("Publish", "SNS", "sns:Publish")
    };
    check_permission(cloud, function, &Need::new(action, target.as_str())).map_err(|_| {
        invalid(format!("The provided execution role does not have permissions to call {call} on {service}"))
    })
}

/// The name in a role's ARN, without its path.
pub(super) fn name_of(role_arn: &str) -> &str {
    role_arn.rsplit('/').next().unwrap_or(role_arn)
}

/// `RoleId` of a role: it differs when a role was deleted and made again under the same name.
pub(super) fn unique_id(cloud: &Cloud, role_arn: &str) -> Option<String> {
    iam::role_id_of(cloud, name_of(role_arn))
}

/// What an invocation answers when the role cannot be assumed any more.
pub(super) fn not_assumable() -> ApiError {
    ApiError::new("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
        .with_status(403)
}

/// Checks that the role may still decrypt the environment variables. The grant on their key is bound to the unique id
/// that the role had when it was set: a role that was deleted and made again has another one.
///
/// # Errors
/// `KMSAccessDeniedException`.
pub(super) fn check_environment_readable(cloud: &Cloud, revision: &Revision) -> Result<(), ApiError> {
    let settings = &revision.settings;
    if settings.environment.is_none() || settings.role_id == unique_id(cloud, &settings.role) {
        return Ok(());
    }
    let message = "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check \
                   the function's KMS key settings. KMS Exception: UnrecognizedClientException KMS Message: The \
                   security token included in the request is invalid.";
    Err(ApiError::new("KMSAccessDeniedException", message).with_status(502))
}
