//! What to change, and why: a pure function of what should exist and what does.

mod cause;
mod difference;
mod observed;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

use crate::template::{Desired, Stack};

use cause::Memory;

pub use cause::Cause;
pub use difference::differences;
pub use observed::{Observations, Observed, Ownership};

/// Everything that has to change, and what stays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// One per resource, each after what it needs.
    pub changes: Vec<Change>,
    /// What should not exist and stays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<Leftover>,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::Service::Type`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// What happens.
    pub action: Action,
    /// Why; `None` when nothing happens.
    pub cause: Option<Cause>,
    /// Whether data goes with it that nothing brings back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub data_loss: bool,
    /// The properties that differ, for an update.
    pub properties: Vec<PropertyChange>,
    /// The resource as it should be.
    #[serde(skip)]
    pub desired: Desired,
    /// The resource as it is.
    #[serde(skip)]
    pub observed: Option<Observed>,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// Some properties differ.
    Update,
    /// A property differs that AWS cannot change.
    Replace,
    /// It should not exist any more.
    Delete,
    /// It is as it should be.
    None,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Where, such as `Environment.Variables.INCIDENT_TABLE`.
    pub path: String,
    /// The value now; null when there is none.
    pub before: Value,
    /// The value that it should have; null when there should be none.
    pub after: Value,
}

/// Something that should not exist and stays.
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
        /// Whose it seems to be.
        why: String,
    },
}

impl PlanError {
    /// What the person can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } => "choose another --stack name, or remove that resource if nobody needs it",
        }
    }
}

/// The properties of a type that AWS cannot change on an existing resource.
pub type Immutable = fn(resource_type: &str) -> &'static [&'static str];

impl Plan {
    /// What brings the account to where the stack wants it.
    ///
    /// # Errors
    /// A name that somebody else uses.
    pub fn up(stack: &Stack, observations: &Observations, immutable: Immutable) -> Result<Self, PlanError> {
        let memory = Memory::of(stack, observations);
        let mut changes = Vec::new();
        for desired in &stack.resources {
            changes.push(change(desired, observations.get(&desired.logical_id), &memory, immutable)?);
        }
        let mut plan = Self { changes, leftovers: Vec::new() };
        for (desired, observed) in &observations.surplus {
            plan.remove(desired, observed, Cause::Removed);
        }
        Ok(plan)
    }

    /// What removes everything that the stack owns, in reverse order.
    pub fn down(stack: &Stack, observations: &Observations) -> Self {
        let mut plan = Self { changes: Vec::new(), leftovers: Vec::new() };
        for desired in stack.resources.iter().rev() {
            let Some(observed) = observations.get(&desired.logical_id) else { continue };
            plan.remove(desired, observed, Cause::Teardown);
        }
        plan
    }

    /// Plans a deletion, or says why it is none.
    fn remove(&mut self, desired: &Desired, observed: &Observed, cause: Cause) {
        match reason_to_stay(desired, observed) {
            None => self.changes.push(Change {
                action: Action::Delete,
                cause: Some(cause),
                data_loss: holds_data(desired),
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

    /// How many resources an action happens to.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::None)
    }
}

impl Change {
    /// Whether a property, or a part of it, differs.
    pub fn touches(&self, property: &str) -> bool {
        self.properties.iter().any(|change| {
            change.path.strip_prefix(property).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }
}

fn change(
    desired: &Desired,
    observed: Option<&Observed>,
    memory: &Memory<'_>,
    immutable: Immutable,
) -> Result<Change, PlanError> {
    let Some(observed) = observed else {
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
    // Our tag would make `down` delete what was adopted, and our retention what it holds.
    if observed.ownership == Ownership::Adopted {
        return Ok(unchanged);
    }
    let properties = differences(&desired.properties, &observed.properties);
    if properties.is_empty() {
        return Ok(unchanged);
    }
    let cause = Some(memory.cause_of_update(desired, &properties));
    let update = Change { action: Action::Update, cause, properties, ..unchanged };
    Ok(match immutable(&desired.resource_type).iter().find(|property| update.touches(property)) {
        None => update,
        Some(property) => Change {
            action: Action::Replace,
            cause: Some(Cause::Replacement { property: (*property).to_owned() }),
            data_loss: holds_data(desired),
            ..update
        },
    })
}

/// Whether what is in it cannot be made again.
pub(crate) fn holds_data(desired: &Desired) -> bool {
    ["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"].contains(&desired.resource_type.as_str())
}

/// A resource as it is, with nothing to do.
pub(crate) fn unchanged(desired: &Desired, observed: Option<&Observed>) -> Change {
    Change {
        logical_id: desired.logical_id.clone(),
        resource_type: desired.resource_type.clone(),
        action: Action::None,
        cause: None,
        data_loss: false,
        properties: Vec::new(),
        desired: desired.clone(),
        observed: observed.cloned(),
    }
}

fn reason_to_stay(desired: &Desired, observed: &Observed) -> Option<String> {
    match &observed.ownership {
        Ownership::Foreign { why } => Some(format!("it does not belong to this stack: {why}")),
        Ownership::Adopted => Some("it existed before the stack".to_owned()),
        Ownership::Unconfirmed => {
            Some("it was never confirmed: it gets nothing, and AWS forgets it within 48 hours".to_owned())
        }
        Ownership::Ours | Ownership::Child if desired.retain => Some("the template retains it".to_owned()),
        Ownership::Ours | Ownership::Child => None,
    }
}
