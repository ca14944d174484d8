//! Stack names.

use std::fmt;
use std::str::FromStr;

use super::checked::read_from_file;

/// A letter, then letters, digits and hyphens; at most 32 characters. The limit leaves room for the longest derived
/// name, the role `STACK-incident-handler-REGION`, within IAM's 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StackName(String);

/// An invalid stack name, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot name a stack: {reason}")]
pub struct InvalidStackName {
    name: String,
    reason: String,
}

impl StackName {
    const LIMIT: usize = 32;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The function that handles incidents.
    pub fn handler(&self) -> String {
        format!("{self}-incident-handler")
    }

    /// The function that fails on purpose.
    pub fn generator(&self) -> String {
        format!("{self}-error-generator")
    }

    /// The table of incidents.
    pub fn incident_table(&self) -> String {
        format!("{self}-incidents")
    }

    /// The topic for alerts.
    pub fn alert_topic(&self) -> String {
        format!("{self}-alerts")
    }

    /// The queue of events on their way to the handler.
    pub fn event_queue(&self) -> String {
        format!("{self}-events")
    }

    /// The queue of events that EventBridge could not deliver.
    pub fn rule_queue(&self) -> String {
        format!("{self}-rule-dlq")
    }

    /// The queue of events that the handler could not handle.
    pub fn handler_queue(&self) -> String {
        format!("{self}-handler-dlq")
    }
}

impl Default for StackName {
    fn default() -> Self {
        Self("devops".to_owned())
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for StackName {
    type Err = InvalidStackName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match reason_against(name) {
            None => Ok(Self(name.to_owned())),
            Some(reason) => Err(InvalidStackName { name: name.to_owned(), reason }),
        }
    }
}

read_from_file!(text, StackName);

fn reason_against(name: &str) -> Option<String> {
    let foreign = name.chars().find(|character| !(character.is_ascii_alphanumeric() || *character == '-'));
    if name.is_empty() {
        Some("it is empty".to_owned())
    } else if let Some(character) = foreign {
        Some(format!("{character:?} is not allowed; use letters, digits and hyphens"))
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        Some("it must start with a letter".to_owned())
    } else if name.len() > StackName::LIMIT {
        let limit = StackName::LIMIT;
        Some(format!("it has {} characters; at most {limit} keep role names within IAM's 64", name.len()))
    } else {
        None
    }
}
