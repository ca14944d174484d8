//! An IAM policy document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// IAM's limit on a managed policy, in characters without whitespace.
pub const MANAGED_POLICY_LIMIT: usize = 6144;
/// IAM's limit on all inline policies of a role together, counted alike.
pub const INLINE_POLICY_LIMIT: usize = 10_240;

/// A policy for one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    pub(super) statements: Vec<Statement>,
}

/// One statement: it allows or denies every action on every resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Actions such as `lambda:GetFunction`.
    pub action: Vec<String>,
    /// ARNs. Only what AWS draws has wildcards.
    pub resource: Vec<String>,
    /// What limits it beyond its resources.
    pub condition: Option<Condition>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Allows, unless another statement denies.
    Allow,
    /// Denies, whatever allows.
    Deny,
}

/// What a request must be about, besides its resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// IAM's operator, such as `StringEquals`.
    pub operator: &'static str,
    /// The key of the request's context.
    pub key: &'static str,
    /// The values, one of which must match.
    pub values: Vec<String>,
}

impl PolicyDocument {
    /// The statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The statements that allow something.
    pub fn allowing(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }

    /// The allowed actions.
    pub fn actions(&self) -> BTreeSet<&str> {
        self.allowing().flat_map(|statement| &statement.action).map(String::as_str).collect()
    }

    /// The policy as JSON, for IAM.
    pub fn json(&self) -> Value {
        json!({"Version": "2012-10-17", "Statement": self.statements.iter().map(Statement::json).collect::<Value>()})
    }

    /// Its length as IAM counts it against its limits.
    pub fn characters(&self) -> usize {
        characters(&self.json())
    }

    /// The same as several policies that a managed policy has room for, each as long as possible. Statements stay whole.
    pub fn parts(&self) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for statement in &self.statements {
            let extended = parts.last().map(|part| {
                let statements = part.statements.iter().chain([statement]).cloned().collect();
                Self { statements }
            });
            match (parts.last_mut(), extended) {
                (Some(part), Some(extended)) if extended.characters() <= MANAGED_POLICY_LIMIT => *part = extended,
                _ => parts.push(Self { statements: vec![statement.clone()] }),
            }
        }
        parts
    }
}

/// The length of a document as IAM counts it.
pub(super) fn characters(document: &Value) -> usize {
    document.to_string().chars().filter(|character| !character.is_whitespace()).count()
}

impl Statement {
    pub(super) fn json(&self) -> Value {
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        let mut statement = json!({"Effect": effect, "Action": self.action, "Resource": self.resource});
        if let Some(Condition { operator, key, values }) = &self.condition {
            statement["Condition"] = json!({*operator: {*key: values}});
        }
        statement
    }
}
