//! IAM and resource policies.

mod condition;
mod document;
mod evaluation;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::Principal;

/// One required permission.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Need {
    /// The IAM action: `sns:Publish`.
    pub action: String,
    /// The target's ARN, or `*` when the action has no resource.
    pub resource: String,
    /// Condition keys and values, such as `aws:SourceArn`. Keys are case-insensitive.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Need {
    /// A need without condition keys.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }

    /// The same need with an additional condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.entry(key.to_owned()).or_default().push(value.into());
        self
    }
}

/// The requester.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The caller.
    pub principal: Principal,
    /// The caller's account id.
    pub account: String,
}

impl Requester {
    /// A caller in the local account.
    pub fn local(principal: Principal) -> Self {
        Self { principal, account: crate::config::ACCOUNT.to_owned() }
    }
}

/// A policy's decision on a need. Combine several as AWS does: any `Deny` wins, then any `Allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Allowed, and not denied.
    Allow,
    /// Denied.
    Deny,
    /// No statement applies.
    NoMatch,
}

/// An invalid policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    /// The reason in AWS's words: `Syntax errors in policy.`
    pub message: String,
}

impl PolicyError {
    fn syntax() -> Self {
        Self { message: "Syntax errors in policy.".to_owned() }
    }

    fn missing(field: &str) -> Self {
        Self { message: format!("Missing required field {field}") }
    }
}

/// An authorization failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// The reason in AWS's words: `User: arn is not authorized to perform: … because …`.
    pub message: String,
}

impl Denied {
    /// The denial of a need, with AWS's reason.
    pub fn new(principal: &Principal, need: &Need, reason: &str) -> Self {
        let Need { action, resource, .. } = need;
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} {reason}",
            principal.arn()
        );
        Self { message }
    }
}

/// A parsed policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    statements: Vec<document::Statement>,
}

impl Policy {
    /// Parses any kind of document: identity, trust, topic, queue, function.
    ///
    /// # Errors
    /// When it is not JSON, or not a policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Ok(Self { statements: document::statements(text)? })
    }

    /// Parses an identity policy of a role.
    ///
    /// # Errors
    /// As [`Policy::parse`], and when it has a principal, no resource, or an invalid resource ARN.
    pub fn parse_identity(text: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(text)?;
        document::check_identity(&policy.statements)?;
        Ok(policy)
    }

    /// Parses a trust policy.
    ///
    /// # Errors
    /// As [`Policy::parse`], and when it has a resource, no principal, or another service's action.
    pub fn parse_trust(text: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(text)?;
        document::check_trust(&policy.statements)?;
        Ok(policy)
    }

    /// The document's decision on a need.
    pub fn evaluate(&self, requester: &Requester, need: &Need) -> Decision {
        evaluation::evaluate(&self.statements, requester, need)
    }
}
