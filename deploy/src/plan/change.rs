//! A change of one resource, with its differences.

use serde::Serialize;
use serde_json::Value;

use super::{Cause, Observed};
use crate::template::Desired;

/// A change of one resource.
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
    /// Whether data is lost irrecoverably.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub data_loss: bool,
    /// Its current contents, where these decide about data loss: `3 messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// The properties that differ, for an update.
    pub properties: Vec<PropertyChange>,
    /// For a function whose role was re-created: ARN of the role that it is given temporarily.
    #[serde(skip)]
    pub detour: Option<String>,
    /// The resource as it should be.
    #[serde(skip)]
    pub desired: Desired,
    /// The resource as it is.
    #[serde(skip)]
    pub observed: Option<Observed>,
}

/// The action on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// Some properties differ.
    Update,
    /// An immutable property differs.
    Replace,
    /// It should no longer exist.
    Delete,
    /// It is up to date.
    None,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Where, such as `Environment.Variables.INCIDENT_TABLE`.
    pub path: String,
    /// The current value; null for none.
    pub before: Value,
    /// The desired value; null for none.
    pub after: Value,
}

impl Change {
    /// Its name in AWS, with its contents.
    pub fn described(&self) -> String {
        let name = self.observed.as_ref().map_or(&self.logical_id, |observed| &observed.physical_id);
        // A queue's URL is shortened to its name.
        let name = if self.holds.is_some() { name.rsplit('/').next().unwrap_or_default() } else { name };
        self.holds.as_ref().map_or_else(|| name.to_owned(), |holds| format!("{name} ({holds})"))
    }

    /// Whether a property, or a part of it, differs.
    pub fn touches(&self, property: &str) -> bool {
        self.properties.iter().any(|change| {
            change.path.strip_prefix(property).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// The identities of a list's members to remove, such as the keys of tags.
    pub fn removed(&self, list: &str) -> Vec<String> {
        let gone = self.properties.iter().filter(|change| change.after.is_null());
        let member = |change: &PropertyChange| {
            let member = change.path.strip_prefix(list)?.strip_prefix('[')?.strip_suffix(']')?;
            Some(member.to_owned())
        };
        gone.filter_map(member).collect()
    }
}

/// Whether a resource always holds data that cannot be re-created. For queues the messages decide.
pub fn holds_data(desired: &Desired) -> bool {
    ["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"].contains(&desired.resource_type.as_str())
}

/// A resource without a change.
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
