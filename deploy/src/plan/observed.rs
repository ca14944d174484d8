//! What exists.

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

/// Whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// It carries the stack's tag.
    Ours,
    /// It takes no tags and is part of something that does, which is ours.
    Child,
    /// It existed before and is used as it is; it outlives the stack.
    Adopted,
    /// It is being deleted: its name is free again soon.
    Going,
    /// It is ours, and stays for now though it should not exist.
    Kept {
        /// What keeps it, and until when.
        why: String,
    },
    /// It is somebody else's.
    Foreign {
        /// How that is known.
        why: String,
    },
}

impl Ownership {
    /// Whose a resource with these tags is.
    pub fn by_tags<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>, stack: &str) -> Self {
        match tags.into_iter().find(|(key, _)| *key == OWNER_TAG) {
            Some((_, owner)) if owner == stack => Self::Ours,
            Some((_, owner)) => Self::Foreign { why: format!("its tag {OWNER_TAG} says `{owner}`") },
            None => Self::Foreign { why: format!("it lacks the tag {OWNER_TAG}={stack}") },
        }
    }
}

/// Everything that exists of a stack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// By logical id; what does not exist is absent.
    pub resources: BTreeMap<String, Observed>,
    /// What the stack made earlier and the template does not have any more.
    pub orphans: Vec<(Desired, Observed)>,
}

impl Observations {
    /// A resource by logical id.
    pub fn get(&self, logical_id: &str) -> Option<&Observed> {
        self.resources.get(logical_id)
    }
}
