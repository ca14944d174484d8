//! Indexes of former versions. They go last: only they show incidents without a month.

use incident_model::table::{FORMER_INDEX_BY_CREATED, FORMER_INDEX_BY_DUE, FORMER_INDEX_BY_STATUS};

use super::indexes;
use crate::aws::AwsError;
use crate::plan::{Action, Change, Plan};
use crate::resources::Context;

/// In the order in which they go: the one that shows all incidents is the last.
const NAMES: [&str; 3] = [FORMER_INDEX_BY_STATUS, FORMER_INDEX_BY_DUE, FORMER_INDEX_BY_CREATED];
/// Their paths among a table's properties.
pub(super) const PATHS: [&str; 3] =
    ["GlobalSecondaryIndexes[by-status]", "GlobalSecondaryIndexes[by-due]", "GlobalSecondaryIndexes[by-created]"];

/// The indexes of former versions that a plan deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The name of the table.
    pub table: String,
    /// The indexes, in the order in which they go.
    pub indexes: Vec<&'static str>,
}

impl Former {
    /// The index that shows all incidents, whichever version wrote them.
    pub const WHOLE: &'static str = FORMER_INDEX_BY_CREATED;

    /// Those of a plan; `None` if it has none.
    pub fn of(plan: &Plan) -> Option<Self> {
        plan.changes.iter().find_map(|change| {
            let indexes = deleted(change);
            (!indexes.is_empty()).then(|| Self { table: change.desired.attributes.reference.clone(), indexes })
        })
    }

    /// Whether a name is one of theirs.
    pub fn has(name: &str) -> bool {
        is_former(name)
    }

    /// Whether deleting them is all that a change does.
    pub fn is_all_of(change: &Change) -> bool {
        change.properties.len() == deleted(change).len() && change.action == Action::Update
    }

    /// Deletes one through the service's own API, and waits until it is gone.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn delete(&self, context: &Context<'_>, index: &str) -> Result<(), AwsError> {
        indexes::remove(context, &self.table, index).await
    }
}

pub(super) fn is_former(name: &str) -> bool {
    NAMES.contains(&name)
}

fn deleted(change: &Change) -> Vec<&'static str> {
    let is_deleted = |path: &str| {
        let of_index = change.properties.iter().find(|property| property.path == path);
        change.action == Action::Update && of_index.is_some_and(|property| property.after.is_null())
    };
    NAMES.into_iter().zip(PATHS).filter(|(_, path)| is_deleted(path)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_indexes() {
        assert_eq!(NAMES.map(|name| format!("GlobalSecondaryIndexes[{name}]")), PATHS);
    }
}
