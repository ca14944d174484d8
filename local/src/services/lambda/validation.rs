//! Parameter validation, in AWS's words.

use std::collections::BTreeMap;

use crate::arn::Arn;
use crate::{ApiError, Input};

/// Supported runtimes for new functions.
const RUNTIMES: &[&str] = &[
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];

/// Reserved environment variables.
const RESERVED_VARIABLES: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

const ENVIRONMENT_LIMIT: usize = 4096;

/// An `InvalidParameterValueException`.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValueException", message)
}

/// A `ValidationException` for one value.
pub(super) fn violation(value: &str, member: &str, constraint: &str) -> ApiError {
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
        ),
    )
}

/// An optional integer within its limits.
///
/// # Errors
/// `ValidationException` when out of range.
pub(super) fn check_range(input: &Input, name: &str, minimum: u32, maximum: u32) -> Result<Option<u32>, ApiError> {
    let Some(value) = input.integer(name) else { return Ok(None) };
    let member = lower_first(name);
    if value < i64::from(minimum) {
        let constraint = format!("have value greater than or equal to {minimum}");
        return Err(violation(&value.to_string(), &member, &constraint));
    }
    match u32::try_from(value) {
        Ok(value) if value <= maximum => Ok(Some(value)),
        _ => Err(violation(&value.to_string(), &member, &format!("have value less than or equal to {maximum}"))),
    }
}

/// A known runtime.
///
/// # Errors
/// `InvalidParameterValueException`, listing the runtimes.
pub(super) fn check_runtime(runtime: &str) -> Result<(), ApiError> {
    if RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    Err(invalid(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a \
         valid ARN",
        RUNTIMES.join(", ")
    )))
}

/// The single element of `Architectures`, if given.
///
/// # Errors
/// `ValidationException` for an unknown one, or more than one.
pub(super) fn check_architectures(input: &Input) -> Result<Option<String>, ApiError> {
    let architectures = input.texts("Architectures");
    match architectures.as_slice() {
        [] => Ok(None),
        [one] if ["x86_64", "arm64"].contains(&one.as_str()) => Ok(Some(one.clone())),
        several => Err(violation(
            &format!("[{}]", several.join(", ")),
            "architectures",
            if several.len() > 1 {
                "have length less than or equal to 1"
            } else {
                "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
            },
        )),
    }
}

/// A syntactically valid role ARN.
///
/// # Errors
/// `ValidationException` with AWS's pattern.
pub(super) fn check_pattern_of_role(role: &str) -> Result<(), ApiError> {
    let is_role = Arn::parse(role).is_some_and(|arn| {
        arn.service == "iam"
            && arn.region.is_empty()
            && arn.account.len() == 12
            && arn.account.bytes().all(|byte| byte.is_ascii_digit())
            && arn.resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    });
    if is_role {
        return Ok(());
    }
    let pattern = "satisfy regular expression pattern: \
                   arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
    Err(violation(role, "role", pattern))
}

/// Names, reserved names and total size of the environment variables.
///
/// # Errors
/// `ValidationException` for an invalid name, `InvalidParameterValueException` for a reserved one or excess size.
pub(super) fn check_environment(variables: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if let Some(name) = variables.keys().find(|name| !is_variable_name(name)) {
        let pattern = "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]";
        return Err(violation(name, "environment.variables", pattern));
    }
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let text = serde_json::to_string(variables).unwrap_or_default();
    if text.len() > ENVIRONMENT_LIMIT {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided exceeded the 4KB limit. String measured: {text}"
        )));
    }
    Ok(())
}

fn is_variable_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn lower_first(name: &str) -> String {
    name.chars()
        .enumerate()
        .map(|(index, character)| if index == 0 { character.to_ascii_lowercase() } else { character })
        .collect()
}
