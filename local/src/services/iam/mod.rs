//! Identity and Access Management: roles, their policies, and the sessions that act under them.

use crate::policy::{Denied, Need};
use crate::{ApiError, Call, Cloud, Output, Principal};

/// State of the service.
#[derive(Debug, Default)]
pub struct Iam {}

/// Temporary credentials of a role session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCredentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The signing secret.
    pub secret_access_key: String,
    /// The token that goes with every request.
    pub session_token: String,
}

/// Answers a call.
///
/// # Errors
/// In AWS's codes and words.
pub async fn handle(_cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Err(ApiError::not_implemented(&call.service, &call.operation))
}

/// The permissions that a call needs.
pub fn authorization(call: &Call) -> Vec<Need> {
    vec![Need::new(format!("iam:{}", call.operation), "*")]
}

/// Credentials with which a service acts under a role.
///
/// # Errors
/// When the role is absent, not yet propagated, or does not trust the service.
pub fn service_session(
    cloud: &Cloud,
    role_arn: &str,
    service_principal: &str,
    _session_name: &str,
) -> Result<SessionCredentials, ApiError> {
    can_be_assumed(cloud, role_arn, service_principal)?;
    Ok(SessionCredentials {
        access_key_id: crate::config::ACCESS_KEY_ID.to_owned(),
        secret_access_key: crate::config::SECRET_ACCESS_KEY.to_owned(),
        session_token: "token".to_owned(),
    })
}

/// Whether a service could assume a role now.
///
/// # Errors
/// `AccessDenied` when the role is absent, not yet propagated, or does not trust the service; callers answer with
/// their own code and message.
pub fn can_be_assumed(_cloud: &Cloud, _role_arn: &str, _service_principal: &str) -> Result<(), ApiError> {
    Ok(())
}

/// Whose access key it is, if it exists and has not expired.
pub fn principal_of(_cloud: &Cloud, access_key_id: &str) -> Option<Principal> {
    (access_key_id == crate::config::ACCESS_KEY_ID).then_some(Principal::Root)
}

/// Whether the identity policies of a principal allow what a call needs.
///
/// # Errors
/// When a policy denies it or none allows it.
pub fn authorize(_cloud: &Cloud, _principal: &Principal, _need: &Need) -> Result<(), Denied> {
    Ok(())
}

/// ARN of a role, if it exists.
pub fn role_arn_of(_cloud: &Cloud, _role_name: &str) -> Option<String> {
    None
}

/// An access key with its secret and its owner.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires: Option<jiff::Timestamp>,
    pub(crate) principal: Principal,
}

impl Key {
    /// Whether a session is over.
    pub(crate) fn is_expired(&self, now: jiff::Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// What belongs to an access key, also when it has expired.
pub(crate) fn key(_cloud: &Cloud, access_key_id: &str) -> Option<Key> {
    (access_key_id == crate::config::ACCESS_KEY_ID).then(|| Key {
        secret_access_key: crate::config::SECRET_ACCESS_KEY.to_owned(),
        session_token: None,
        expires: None,
        principal: Principal::Root,
    })
}
