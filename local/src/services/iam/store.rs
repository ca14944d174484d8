//! IAM state.

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

/// IAM: roles, managed policies and access keys.
#[derive(Debug, Default)]
pub struct Iam {
    inner: Mutex<Inner>,
}

/// The locked state.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// By lower-case name: names are unique regardless of case and keep their spelling.
    pub(super) roles: BTreeMap<String, Role>,
    /// By ARN; without AWS-managed ones.
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
    /// By access key id.
    pub(super) sessions: HashMap<String, StoredSession>,
}

/// A policy, as text and parsed.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) policy: Policy,
}

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

/// A customer managed policy.
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
    /// Finds a role by name, ignoring case.
    pub(super) fn role(&self, name: &str) -> Result<&Role, ApiError> {
        self.roles.get(&key_of(name)).ok_or_else(|| no_such_role(name))
    }

    /// The same, mutable.
    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, ApiError> {
        self.roles.get_mut(&key_of(name)).ok_or_else(|| no_such_role(name))
    }

    /// Finds a customer managed policy.
    pub(super) fn policy(&self, arn: &str) -> Result<&ManagedPolicy, ApiError> {
        self.policies.get(arn).ok_or_else(|| no_such_policy(arn))
    }

    /// The same, mutable.
    pub(super) fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, ApiError> {
        self.policies.get_mut(arn).ok_or_else(|| no_such_policy(arn))
    }

    /// A managed policy in force, customer or AWS managed.
    pub(super) fn managed_in_force(&self, arn: &str, delay: Duration) -> Option<Policy> {
        match self.policies.get(arn) {
            Some(policy) => policy.in_force.in_force(delay).map(|document| document.policy.clone()),
            None => aws_managed(arn).map(|policy| policy.in_force.current().policy.clone()),
        }
    }
}

/// A name's key: names must differ by more than case.
pub(super) fn key_of(name: &str) -> String {
    name.to_lowercase()
}

/// Propagation delay of changes.
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
