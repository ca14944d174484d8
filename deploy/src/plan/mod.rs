//! What to change, and why: a pure function of the desired and the observed state.

mod cause;
mod change;
mod difference;
mod observed;
mod removal;
mod replacement;
mod roles;
mod schema;
mod stale_plan;
#[cfg(test)]
pub(crate) mod tests;

use serde::Serialize;
use serde_json::Value;

use crate::template::{Desired, Stack};

use cause::Memory;

pub use cause::Cause;
pub use change::holds_data;
pub(crate) use change::unchanged;
pub use change::{Action, Change, PropertyChange};
pub(crate) use difference::differences;
pub use observed::{Observations, Observed, Ownership};
pub(crate) use roles::RECREATED;
pub use schema::{NewerSchema, refuse_newer};

/// The changes, and what stays behind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Plan {
    /// One per resource, in dependency order.
    pub changes: Vec<Change>,
    /// Resources that should not exist but stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<Leftover>,
}

/// A resource that should not exist but stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::Service::Type`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Its name in AWS.
    pub physical_id: String,
    /// Why it stays.
    pub why: String,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A resource of that name exists and is not ours.
    #[error("{resource_type} `{physical_id}` ({logical_id}) exists, but does not belong to this stack: {why}")]
    NotOurs {
        /// Its name in the template.
        logical_id: String,
        /// `AWS::Service::Type`.
        resource_type: String,
        /// Its name in AWS.
        physical_id: String,
        /// Its apparent owner.
        why: String,
    },
    /// A newer version deployed this stack.
    #[error(transparent)]
    Newer(#[from] NewerSchema),
}

impl PlanError {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "choose another --stack name, or delete that resource if it is unused",
            Self::Newer(_) => NewerSchema::HINT,
        }
    }
}

/// A plan's knowledge of resource types.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The differing property that forces a replacement, if any.
    pub replacement: fn(&Change) -> Option<String>,
    /// The `Ref` of the parent resource.
    pub parent: fn(&Desired) -> Option<String>,
    /// Paths that former versions set, which are ours whatever the tags say.
    pub former: fn(&Desired) -> &'static [&'static str],
}

impl Plan {
    /// The changes that deploy the stack.
    ///
    /// # Errors
    /// A stack from a newer version, and a name with another owner.
    pub fn up(stack: &Stack, observations: &Observations, rules: &Rules) -> Result<Self, PlanError> {
        refuse_newer(observations)?;
        let memory = Memory::of(stack, observations);
        let mut changes = Vec::new();
        for desired in &stack.resources {
            changes.push(change(desired, observations.get(&desired.logical_id), &memory, rules)?);
        }
        replacement::take_parts_along(&mut changes, rules);
        roles::repair(&mut changes);
        let mut plan = Self { changes, leftovers: Vec::new() };
        for (desired, observed) in &observations.orphans {
            plan.remove(desired, observed, Cause::Removed);
        }
        Ok(plan)
    }

    /// The deletions of everything that the stack owns, in reverse dependency order.
    pub fn down(stack: &Stack, observations: &Observations) -> Self {
        let mut plan = Self { changes: Vec::new(), leftovers: Vec::new() };
        for (desired, observed) in &observations.orphans {
            plan.remove(desired, observed, Cause::Removed);
        }
        for desired in stack.resources.iter().rev() {
            let Some(observed) = observations.get(&desired.logical_id) else { continue };
            plan.remove(desired, observed, Cause::Teardown);
        }
        plan
    }

    /// The same teardown once agreed to: agreeing to lose the records includes what the teardown itself puts into queues,
    /// such as a last sweep that finds its role or its table gone.
    #[must_use]
    pub fn agreed(mut self) -> Self {
        let loses_records = self.changes.iter().any(|change| change.data_loss && change.holds.is_none());
        for change in self.changes.iter_mut().filter(|change| change.cause == Some(Cause::Teardown)) {
            change.data_loss |= loses_records;
        }
        self
    }

    /// The same without the deletions that lose data.
    #[must_use]
    pub fn keeping_data(mut self) -> Self {
        let (kept, changes): (Vec<_>, _) = self.changes.into_iter().partition(|change| change.data_loss);
        self.leftovers.extend(kept.into_iter().map(|change| Leftover {
            physical_id: change.observed.map(|observed| observed.physical_id).unwrap_or_default(),
            logical_id: change.logical_id,
            resource_type: change.resource_type,
            why: "it holds data, and data is kept".to_owned(),
        }));
        Self { changes, ..self }
    }

    /// Plans a deletion, or records why the resource stays.
    fn remove(&mut self, desired: &Desired, observed: &Observed, cause: Cause) {
        match reason_to_stay(desired, observed) {
            None => self.changes.push(Change {
                action: Action::Delete,
                cause: Some(cause),
                data_loss: holds_data(desired),
                desired: with_all_that_is_ours(desired, observed),
                ..unchanged(desired, Some(observed))
            }),
            Some(why) => self.leftovers.push(Leftover {
                logical_id: desired.logical_id.clone(),
                resource_type: desired.resource_type.clone(),
                physical_id: observed.physical_id.clone(),
                why,
            }),
        }
    }

    /// The number of changes with this action.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::None)
    }
}

fn change(
    desired: &Desired,
    observed: Option<&Observed>,
    memory: &Memory<'_>,
    rules: &Rules,
) -> Result<Change, PlanError> {
    let Some(observed) = observed.filter(|observed| observed.ownership != Ownership::Deleting) else {
        let cause = Some(memory.cause_of_creation(desired));
        return Ok(Change { action: Action::Create, cause, ..unchanged(desired, None) });
    };
    if let Ownership::Foreign { why } = &observed.ownership {
        return Err(PlanError::NotOurs {
            logical_id: desired.logical_id.clone(),
            resource_type: desired.resource_type.clone(),
            physical_id: observed.physical_id.clone(),
            why: why.clone(),
        });
    }
    let unchanged = unchanged(desired, Some(observed));
    // Our tag would make `down` delete an adopted group, and our retention its logs.
    if observed.ownership == Ownership::Adopted {
        return Ok(unchanged);
    }
    let mut properties = differences(&desired.properties, &observed.properties);
    properties.extend(removal::removals(&desired.properties, &observed.properties, (rules.former)(desired)));
    if properties.is_empty() {
        return Ok(unchanged);
    }
    let cause = Some(memory.cause_of_update(desired, &properties));
    let update = Change { action: Action::Update, cause, properties, ..unchanged };
    Ok(match (rules.replacement)(&update) {
        None => update,
        Some(property) => replacement::of(update, property),
    })
}

/// A role's own policies, including those of earlier templates, are deleted with it; foreign ones block the deletion.
fn with_all_that_is_ours(desired: &Desired, observed: &Observed) -> Desired {
    let mut desired = desired.clone();
    let name = |policy: &Value| policy.get("PolicyName").cloned();
    if let Some(policies) = desired.properties.get_mut("Policies").and_then(Value::as_array_mut) {
        let earlier = removal::owned_members(&observed.properties, "Policies");
        let unknown = earlier.into_iter().filter(|policy| policies.iter().all(|known| name(known) != name(policy)));
        policies.extend(unknown.collect::<Vec<_>>());
    }
    desired
}

fn reason_to_stay(desired: &Desired, observed: &Observed) -> Option<String> {
    match &observed.ownership {
        Ownership::Foreign { why } => Some(format!("it does not belong to this stack: {why}")),
        Ownership::Adopted => Some("it existed before the stack".to_owned()),
        Ownership::Kept { why } => Some(why.clone()),
        Ownership::Ours | Ownership::Child | Ownership::Deleting if desired.retain => {
            Some("its DeletionPolicy is Retain".to_owned())
        }
        // `Deleting`: the deletion is awaited.
        Ownership::Ours | Ownership::Child | Ownership::Deleting => None,
    }
}
