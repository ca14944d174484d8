//! The cause of a change.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Observations, PropertyChange};
use crate::template::{APPLIED_TAG, CODE_TAG, Desired, HANDLER, PARTS_TAG, Stack};

/// The cause of a change. Its text is part of the plan's JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The template or its inputs changed since the last deployment.
    Template,
    /// AWS was changed outside of the stack.
    Drift,
    /// An earlier deployment created it, and the template no longer contains it.
    Removed,
    /// This property is immutable.
    Replacement {
        /// The property.
        property: String,
    },
    /// The stack is being deleted.
    Teardown,
    /// A failed run is rolled back.
    Rollback,
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template => formatter.write_str("template"),
            Self::Drift => formatter.write_str("drift"),
            Self::Removed => formatter.write_str("removed from template"),
            Self::Replacement { property } => write!(formatter, "replacement because {property} changed"),
            Self::Teardown => formatter.write_str("stack removal"),
            Self::Rollback => formatter.write_str("rollback"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The stack's record of its last deployment, from its state tags.
pub(super) struct Memory<'a> {
    stack: &'a Stack,
    observations: &'a Observations,
}

impl<'a> Memory<'a> {
    pub(super) fn of(stack: &'a Stack, observations: &'a Observations) -> Self {
        Self { stack, observations }
    }

    /// Why an existing resource differs: by its own state tags, or by the handler's if it takes no tags.
    pub(super) fn cause_of_update(&self, desired: &Desired, properties: &[PropertyChange]) -> Cause {
        let differs = |key: &str| properties.iter().any(|change| change.path.starts_with(&format!("Tags[{key}]")));
        let newer = match desired.properties.get("Tags") {
            Some(_) => [APPLIED_TAG, CODE_TAG, PARTS_TAG].into_iter().any(differs),
            None => self.has_newer_parts() == Some(true),
        };
        if newer { Cause::Template } else { Cause::Drift }
    }

    /// Why a resource is missing. Without the handler's tags, a resource with existing dependents must have vanished.
    pub(super) fn cause_of_creation(&self, desired: &Desired) -> Cause {
        let vanished = match self.has_newer_parts() {
            Some(newer) => !newer && desired.resource_type != "AWS::SNS::Subscription",
            None => self.stack.resources.iter().any(|other| {
                other.needs.contains(&desired.logical_id) && self.observations.get(&other.logical_id).is_some()
            }),
        };
        if vanished { Cause::Drift } else { Cause::Template }
    }

    /// Whether the template's untagged parts changed since the last deployment; `None` without a handler.
    fn has_newer_parts(&self) -> Option<bool> {
        let desired = self.stack.get(HANDLER)?;
        let observed = self.observations.get(HANDLER)?;
        Some(tag(&desired.properties, PARTS_TAG) != tag(&observed.properties, PARTS_TAG))
    }
}

/// The value of a tag.
pub(super) fn tag<'a>(properties: &'a Value, key: &str) -> Option<&'a str> {
    let tags = properties.get("Tags")?.as_array()?;
    tags.iter().find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key))?.get("Value")?.as_str()
}
