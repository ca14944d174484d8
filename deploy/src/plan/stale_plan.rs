//! Whether AWS changed since a plan was made.

use super::difference::canonical;
use super::{Change, Observations, Observed, Ownership, Plan};

impl Plan {
    /// Logical ids of the resources that the plan touches and that changed since.
    pub fn stale(&self, now: &Observations) -> Vec<String> {
        let stale = self.touched().filter(|change| !same(change.observed.as_ref(), now.get(&change.logical_id)));
        stale.map(|change| change.logical_id.clone()).collect()
    }

    /// The changes with an action.
    pub fn touched(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action != super::Action::None)
    }
}

/// AWS returns most lists in arbitrary order.
fn same(before: Option<&Observed>, now: Option<&Observed>) -> bool {
    let stands = |one: &&Observed| one.ownership != Ownership::Deleting;
    match (before.filter(stands), now.filter(stands)) {
        (None, None) => true,
        (Some(before), Some(now)) => {
            let is_foreign = |one: &Observed| matches!(one.ownership, Ownership::Foreign { .. });
            is_foreign(before) == is_foreign(now)
                && before.physical_id == now.physical_id
                && canonical(&before.properties) == canonical(&now.properties)
        }
        _ => false,
    }
}
