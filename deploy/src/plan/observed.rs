//! The observed state.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{Desired, OWNER_TAG};

/// A resource that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its name or ARN in AWS.
    pub physical_id: String,
    /// Its properties, in the shape of CloudFormation.
    pub properties: Value,
    /// Whose it is.
    pub ownership: Ownership,
}

/// Ownership of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// It carries the stack's tag.
    Ours,
    /// It takes no tags, and its parent is ours.
    Child,
    /// It existed before the stack, is used unchanged, and outlives the stack.
    Adopted,
    /// It is being deleted, which frees its name soon.
    Deleting,
    /// It is ours and should not exist, but stays for now.
    Kept {
        /// Why, and until when.
        why: String,
    },
    /// It has another owner.
    Foreign {
        /// The evidence.
        why: String,
    },
}

impl Ownership {
    /// The ownership of a resource with these tags.
    pub fn by_tags<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>, stack: &str) -> Self {
        match tags.into_iter().find(|(key, _)| *key == OWNER_TAG) {
            Some((_, owner)) if owner == stack => Self::Ours,
            Some((_, owner)) => Self::Foreign { why: format!("its tag {OWNER_TAG} says `{owner}`") },
            None => Self::Foreign { why: format!("it lacks the tag {OWNER_TAG}={stack}") },
        }
    }
}

/// The observed state of a stack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// Existing resources by logical id.
    pub resources: BTreeMap<String, Observed>,
    /// Resources of earlier deployments that the template no longer contains.
    pub orphans: Vec<(Desired, Observed)>,
}

impl Observations {
    /// A resource by logical id.
    pub fn get(&self, logical_id: &str) -> Option<&Observed> {
        self.resources.get(logical_id)
    }
}
