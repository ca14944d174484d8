//! IAM and resource policies: who may do what to which resource, under which conditions.

mod condition;
mod document;
mod evaluation;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::Principal;

/// One permission that a call needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Need {
    /// The IAM action: `sns:Publish`.
    pub action: String,
    /// ARN of what it is done to, or `*` when the action has no resource.
    pub resource: String,
    /// Condition keys and their values, such as `aws:SourceArn`. Keys match without regard to case.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Need {
    /// A need without condition keys.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }

    /// The same need with one more condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.entry(key.to_owned()).or_default().push(value.into());
        self
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The caller.
    pub principal: Principal,
    /// The caller's account, twelve digits.
    pub account: String,
}

impl Requester {
    /// A caller of the local account.
    pub fn local(principal: Principal) -> Self {
        Self { principal, account: crate::config::ACCOUNT.to_owned() }
    }
}

/// What one policy says of one need. Several policies combine as AWS does it: any `Deny` wins, then any `Allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allow,
    /// A statement denies it.
    Deny,
    /// No statement is about it.
    NoMatch,
}

/// A text that is no policy document.
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

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// The reason in AWS's words: `User: arn is not authorized to perform: … because …`.
    pub message: String,
}

impl Denied {
    /// The refusal of a need, with the reason that AWS appends.
    pub fn new(principal: &Principal, need: &Need, reason: &str) -> Self {
        let Need { action, resource, .. } = need;
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} {reason}",
            principal.arn()
        );
        Self { message }
    }
}

/// A policy document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    statements: Vec<document::Statement>,
}

impl Policy {
    /// Reads a document of any kind: identity, trust, topic, queue, function.
    ///
    /// # Errors
    /// When it is no JSON, or no policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Ok(Self { statements: document::statements(text)? })
    }

    /// Reads a policy that says what a role may do.
    ///
    /// # Errors
    /// As [`Policy::parse`], and when it names a principal, no resource, or a resource that is no ARN.
    pub fn parse_identity(text: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(text)?;
        document::check_identity(&policy.statements)?;
        Ok(policy)
    }

    /// Reads a policy that says who may assume a role.
    ///
    /// # Errors
    /// As [`Policy::parse`], and when it names a resource, no principal, or another service's action.
    pub fn parse_trust(text: &str) -> Result<Self, PolicyError> {
        let policy = Self::parse(text)?;
        document::check_trust(&policy.statements)?;
        Ok(policy)
    }

    /// What the document says of a need.
    pub fn evaluate(&self, requester: &Requester, need: &Need) -> Decision {
        evaluation::evaluate(&self.statements, requester, need)
    }
}
