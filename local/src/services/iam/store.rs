//! What IAM remembers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::managed::aws_managed;
use super::propagation::Propagating;
use super::sessions::StoredSession;
use crate::policy::Policy;
use crate::{ApiError, Cloud};

/// State of the service.
#[derive(Debug, Default)]
pub struct Iam {
    inner: Mutex<Inner>,
}

/// Everything behind the lock.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// By name; names are unique without regard to case, and keep the case that they were given.
    pub(super) roles: BTreeMap<String, Role>,
    /// By ARN; those of AWS are not here.
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
    /// By access key id.
    pub(super) sessions: HashMap<String, StoredSession>,
}

/// A policy as text and as read.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) policy: Policy,
}

/// A role.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: Timestamp,
    pub(super) description: Option<String>,
    pub(super) max_session_seconds: i64,
    pub(super) trust: Propagating<Document>,
    pub(super) inline: BTreeMap<String, Propagating<Document>>,
    /// By ARN.
    pub(super) attached: BTreeMap<String, Propagating<()>>,
    pub(super) boundary: Option<String>,
    pub(super) tags: IndexMap<String, String>,
}

/// A policy of the account's own.
#[derive(Debug, Clone)]
pub(super) struct ManagedPolicy {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) versions: Vec<PolicyVersion>,
    /// The document of the default version.
    pub(super) in_force: Propagating<Document>,
    pub(super) tags: IndexMap<String, String>,
}

/// One version of a policy.
#[derive(Debug, Clone)]
pub(super) struct PolicyVersion {
    /// `v1`, `v2` …
    pub(super) id: String,
    pub(super) document: Document,
    pub(super) created: Timestamp,
    pub(super) is_default: bool,
}

impl Iam {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A role by its name, without regard to case.
    pub(super) fn role(&self, name: &str) -> Result<&Role, ApiError> {
        self.roles.get(&key_of(name)).ok_or_else(|| no_such_role(name))
    }

    /// The same, to be changed.
    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, ApiError> {
        self.roles.get_mut(&key_of(name)).ok_or_else(|| no_such_role(name))
    }

    /// A policy of the account's own.
    pub(super) fn policy(&self, arn: &str) -> Result<&ManagedPolicy, ApiError> {
        self.policies.get(arn).ok_or_else(|| no_such_policy(arn))
    }

    /// The same, to be changed.
    pub(super) fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, ApiError> {
        self.policies.get_mut(arn).ok_or_else(|| no_such_policy(arn))
    }

    /// What a managed policy, of the account's own or of AWS, allows now.
    pub(super) fn managed_in_force(&self, arn: &str, delay: Duration) -> Option<Policy> {
        match self.policies.get(arn) {
            Some(policy) => policy.in_force.in_force(delay).map(|document| document.policy.clone()),
            None => aws_managed(arn).map(|policy| policy.in_force.current().policy.clone()),
        }
    }
}

/// The key of a name: names differ by more than case.
pub(super) fn key_of(name: &str) -> String {
    name.to_lowercase()
}

/// How long a change takes until it holds.
pub(super) fn propagation(cloud: &Cloud) -> Duration {
    cloud.clock.scaled(cloud.config.latency.role_propagation)
}

fn no_such_role(name: &str) -> ApiError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

fn no_such_policy(arn: &str) -> ApiError {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn no_such_entity(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message).with_status(404)
}
