//! Access keys of the account and of role sessions.

use std::time::Duration;

use jiff::Timestamp;

use super::authority::{can_be_assumed, role_by_arn};
use super::store::no_such_entity;
use crate::config::ACCOUNT;
use crate::credentials::{random_text, unique_id};
use crate::{ApiError, Cloud, Principal};

/// Lifetime of a service's session: longer than any function runs.
const SERVICE_SESSION: Duration = Duration::from_secs(12 * 3600);

/// Temporary credentials of a role session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCredentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The signing secret.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
}

impl std::fmt::Debug for SessionCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SessionCredentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// An access key with its secret and owner.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) principal: Principal,
}

impl Key {
    /// Whether a session has expired.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A new session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) credentials: SessionCredentials,
    pub(crate) expires: Timestamp,
    /// `ROLEID:SESSION`
    pub(crate) assumed_role_id: String,
    pub(crate) arn: String,
}

/// A stored session.
#[derive(Debug, Clone)]
pub(super) struct StoredSession {
    credentials: SessionCredentials,
    expires: Timestamp,
    /// The role's name and id; none for the account itself.
    role: Option<(String, String)>,
    arn: String,
}

/// A service's credentials for a role.
///
/// # Errors
/// When the role does not exist, has not propagated, or does not trust the service.
pub fn service_session(
    cloud: &Cloud,
    role_arn: &str,
    service_principal: &str,
    session_name: &str,
) -> Result<SessionCredentials, ApiError> {
    can_be_assumed(cloud, role_arn, service_principal)?;
    Ok(open_session(cloud, Some((role_arn, session_name)), SERVICE_SESSION)?.credentials)
}

/// Opens a session of a role or of the account; callers check whether they may.
pub(crate) fn open_session(
    cloud: &Cloud,
    role_and_name: Option<(&str, &str)>,
    lasts: Duration,
) -> Result<Session, ApiError> {
    let mut iam = cloud.iam.lock();
    let now = cloud.clock.now();
    iam.sessions.retain(|_, session| session.expires + Duration::from_secs(3600) > now);
    let (role, arn, assumed_role_id) = match role_and_name {
        Some((role_arn, name)) => {
            let role = role_by_arn(&iam, role_arn)
                .ok_or_else(|| no_such_entity(format!("The role with ARN {role_arn} cannot be found.")))?;
            let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}/{name}", role.name);
            (Some((role.name.clone(), role.id.clone())), arn, format!("{}:{name}", role.id))
        }
        None => (None, Principal::Root.arn(), ACCOUNT.to_owned()),
    };
    let credentials = SessionCredentials {
        access_key_id: unique_id("ASIA").chars().take(20).collect(),
        secret_access_key: random_text(30),
        session_token: random_text(120),
    };
    let expires = now + lasts;
    iam.sessions.insert(
        credentials.access_key_id.clone(),
        StoredSession { credentials: credentials.clone(), expires, role, arn: arn.clone() },
    );
    Ok(Session { credentials, expires, assumed_role_id, arn })
}

/// The record of an access key, even if expired. Deleting a role ends its sessions.
pub(crate) fn key(cloud: &Cloud, access_key_id: &str) -> Option<Key> {
    if access_key_id == cloud.access_key.access_key_id {
        return Some(Key {
            secret_access_key: cloud.access_key.secret_access_key.clone(),
            session_token: None,
            expires: None,
            principal: Principal::Root,
        });
    }
    let iam = cloud.iam.lock();
    let session = iam.sessions.get(access_key_id)?;
    let principal = match &session.role {
        Some((name, id)) => {
            iam.role(name).ok().filter(|role| role.id == *id)?;
            Principal::Role { role_name: name.clone(), session_arn: session.arn.clone() }
        }
        None => Principal::Root,
    };
    Some(Key {
        secret_access_key: session.credentials.secret_access_key.clone(),
        session_token: Some(session.credentials.session_token.clone()),
        expires: Some(session.expires),
        principal,
    })
}

/// The owner of a valid, unexpired access key.
pub fn principal_of(cloud: &Cloud, access_key_id: &str) -> Option<Principal> {
    key(cloud, access_key_id).filter(|key| !key.is_expired(cloud.clock.now())).map(|key| key.principal)
}
