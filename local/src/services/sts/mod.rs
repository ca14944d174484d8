//! Security Token Service: caller identity and temporary credentials.

use std::time::Duration;

use crate::arn::Arn;
use crate::config::ACCOUNT;
use crate::policy::Need;
use crate::services::iam::{self, Session};
use crate::{ApiError, Call, Cloud, Output, Principal};

/// Default session duration of `AssumeRole`, in seconds.
const HOUR: i64 = 3600;

/// Handles a call.
///
/// # Errors
/// AWS's codes and messages.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(cloud, &call.principal)),
        "AssumeRole" => assume_role(cloud, call),
        "GetSessionToken" => session_token(cloud, call),
        operation => Err(ApiError::not_implemented("sts", operation)),
    }
}

/// The permissions a call requires: none for `GetCallerIdentity`; the trust policy decides on `AssumeRole`.
pub fn authorization(call: &Call) -> Vec<Need> {
    match call.operation.as_str() {
        "GetCallerIdentity" | "AssumeRole" | "GetSessionToken" => Vec::new(),
        operation => vec![Need::new(format!("sts:{operation}"), "*")],
    }
}

fn caller_identity(cloud: &Cloud, principal: &Principal) -> Output {
    let user_id = match principal {
        Principal::Role { role_name, session_arn } => {
            let session = session_arn.rsplit('/').next().unwrap_or_default();
            format!("{}:{session}", iam::role_id_of(cloud, role_name).unwrap_or_default())
        }
        _ => ACCOUNT.to_owned(),
    };
    Output::structure([
        ("UserId", Some(user_id.into())),
        ("Account", Some(ACCOUNT.into())),
        ("Arn", Some(principal.arn().into())),
    ])
}

fn assume_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let role_arn = required(call, "RoleArn")?;
    let name = required(call, "RoleSessionName")?;
    if !Arn::parse(role_arn).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/")) {
        return Err(ApiError::new("ValidationError", format!("{role_arn} is invalid")));
    }
    let valid = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if !(2..=64).contains(&name.len()) || !name.chars().all(valid) {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ));
    }
    let mut need = Need::new("sts:AssumeRole", role_arn).with("sts:RoleSessionName", name);
    if let Some(external_id) = call.input.text("ExternalId") {
        need = need.with("sts:ExternalId", external_id);
    }
    iam::trusts(cloud, role_arn, &call.principal, &need)?;
    let lasts = duration(call, HOUR, 43_200)?;
    if iam::max_session(cloud, role_arn).is_some_and(|longest| lasts > longest) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ApiError::new("ValidationError", message));
    }
    let session = iam::open_session(cloud, Some((role_arn, name)), lasts)?;
    Ok(Output::structure([
        ("Credentials", Some(credentials(&session))),
        (
            "AssumedRoleUser",
            Some(Output::structure([
                ("AssumedRoleId", Some(session.assumed_role_id.as_str().into())),
                ("Arn", Some(session.arn.as_str().into())),
            ])),
        ),
    ]))
}

fn session_token(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    if call.principal != Principal::Root {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(ApiError::new("AccessDenied", message).with_status(403));
    }
    let session = iam::open_session(cloud, None, duration(call, 43_200, 129_600)?)?;
    Ok(Output::structure([("Credentials", Some(credentials(&session)))]))
}

fn duration(call: &Call, default: i64, longest: i64) -> Result<Duration, ApiError> {
    let seconds = call.input.integer("DurationSeconds").unwrap_or(default);
    match (900..=longest).contains(&seconds) {
        true => Ok(Duration::from_secs(seconds.unsigned_abs())),
        false => Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and {longest}"
            ),
        )),
    }
}

fn credentials(session: &Session) -> Output {
    Output::structure([
        ("AccessKeyId", Some(session.credentials.access_key_id.as_str().into())),
        ("SecretAccessKey", Some(session.credentials.secret_access_key.as_str().into())),
        ("SessionToken", Some(session.credentials.session_token.as_str().into())),
        ("Expiration", Some(Output::Timestamp(session.expires.as_second() as f64))),
    ])
}

fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, ApiError> {
    // STS and the JSON services name the same failure differently.
    call.input.required_text(name).map_err(|error| ApiError { code: "ValidationError".to_owned(), ..error })
}
