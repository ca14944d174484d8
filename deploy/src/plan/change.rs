//! What happens to one resource, and what of it differs.

use serde::Serialize;
use serde_json::Value;

use super::{Cause, Observed};
use crate::template::Desired;

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
    /// What is in it at this moment, where that decides whether data goes: `3 messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// The properties that differ, for an update.
    pub properties: Vec<PropertyChange>,
    /// For a function whose role was made anew: ARN of the role that it takes for a moment.
    #[serde(skip)]
    pub detour: Option<String>,
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

impl Change {
    /// What it is about: its name in AWS, and what is in it.
    pub fn described(&self) -> String {
        let name = self.observed.as_ref().map_or(&self.logical_id, |observed| &observed.physical_id);
        // Of a queue's URL the name says enough.
        let name = if self.holds.is_some() { name.rsplit('/').next().unwrap_or_default() } else { name };
        self.holds.as_ref().map_or_else(|| name.to_owned(), |holds| format!("{name} ({holds})"))
    }

    /// Whether a property, or a part of it, differs.
    pub fn touches(&self, property: &str) -> bool {
        self.properties.iter().any(|change| {
            change.path.strip_prefix(property).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// What identifies the members of a list that have to go, such as the keys of tags.
    pub fn removed(&self, list: &str) -> Vec<String> {
        let gone = self.properties.iter().filter(|change| change.after.is_null());
        let member = |change: &PropertyChange| {
            let member = change.path.strip_prefix(list)?.strip_prefix('[')?.strip_suffix(']')?;
            Some(member.to_owned())
        };
        gone.filter_map(member).collect()
    }
}

/// Whether what is in it cannot be made again, whatever that is. Of a queue its messages decide.
pub fn holds_data(desired: &Desired) -> bool {
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
        holds: None,
        properties: Vec::new(),
        detour: None,
        desired: desired.clone(),
        observed: observed.cloned(),
    }
}
