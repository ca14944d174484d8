//! Execution roles.

use super::function::{Function, Revision};
use super::validation::invalid;
use crate::arn::Arn;
use crate::config::ACCOUNT;
use crate::policy::{Denied, Need};
use crate::services::iam;
use crate::{ApiError, Cloud, Principal};

/// The principal that assumes execution roles.
pub(super) const SERVICE: &str = "lambda.amazonaws.com";

/// Checks that Lambda can assume a role.
///
/// # Errors
/// `InvalidParameterValueException` in AWS's words, the same for a role that is missing, not yet propagated, or does
/// not trust Lambda. `AccessDeniedException` for another account's role.
pub(super) fn check_assumable(cloud: &Cloud, role_arn: &str) -> Result<(), ApiError> {
    if Arn::parse(role_arn).is_some_and(|arn| arn.account != ACCOUNT) {
        return Err(ApiError::new("AccessDeniedException", "Cross-account pass role is not allowed.").with_status(403));
    }
    iam::can_be_assumed(cloud, role_arn, SERVICE)
        .map_err(|_| invalid("The role defined for the function cannot be assumed by Lambda."))
}

/// The function's identity when it calls AWS.
pub(super) fn principal(function: &Function) -> Principal {
    let role_name = name_of(&function.latest.settings.role).to_owned();
    let session_arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{}", function.name);
    Principal::Role { role_name, session_arn }
}

/// Checks a permission of the function's role.
///
/// # Errors
/// When the role lacks it.
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

/// The role name in an ARN, without its path.
pub(super) fn name_of(role_arn: &str) -> &str {
    role_arn.rsplit('/').next().unwrap_or(role_arn)
}

/// The role's `RoleId`: it changes when a role is recreated under the same name.
pub(super) fn unique_id(cloud: &Cloud, role_arn: &str) -> Option<String> {
    iam::role_id_of(cloud, name_of(role_arn))
}

/// The invocation error when the role can no longer be assumed.
pub(super) fn not_assumable() -> ApiError {
    ApiError::new("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
        .with_status(403)
}

/// Checks that the role can still decrypt the environment variables. The KMS grant is bound to the role's unique id
/// when it was set; a recreated role has a new one.
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
