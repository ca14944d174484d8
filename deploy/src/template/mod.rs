//! The stack as CloudFormation declares it: from YAML to resources whose properties are plain JSON.
//!
//! Pure. Only the parts of CloudFormation that the embedded template uses are supported; anything else is an error with
//! its place, because a silently ignored part would make a resource differ.

mod alter;
mod compact;
mod error;
mod expression;
mod graph;
mod indexes;
mod own_events;
mod parse;
mod place;
mod render;
mod resolve;
mod stack;
mod state_tags;
mod subscriptions;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;

pub use alter::{retaining, without};
pub use compact::compact;
pub(crate) use compact::without_lines;
pub use error::TemplateError;
pub use expression::{Condition, Expression, Piece};
pub use graph::{Edge, Graph};
pub use indexes::Indexes;
pub use own_events::{LONGEST_PATTERN, OWN_EVENTS, joined};
pub use place::Place;
pub use render::{Completion, OWNER_TAG, SCHEMA, SCHEMA_TAG};
pub use resolve::{Attributes, Inputs, Naming};
pub use stack::{Desired, Stack};
pub use state_tags::{APPLIED_TAG, CODE_TAG, HANDLER, MADE_TAG, OWNS_TAG, PARTS_TAG, ROLE_TAG, paths};
pub use subscriptions::{SUBSCRIPTION, Subscribed, keeping, same_address, subscribed, subscription_id};

/// The template that `incidentctl` deploys.
pub const EMBEDDED: &str = include_str!("../../../templates/incident-stack.yaml");

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The parameters.
    pub parameters: IndexMap<String, Parameter>,
    /// Named conditions.
    pub conditions: IndexMap<String, Condition>,
    /// The resources, by logical id.
    pub resources: IndexMap<String, Resource>,
    /// The outputs, by name.
    pub outputs: IndexMap<String, Output>,
}

/// A parameter of the template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    /// The default value.
    pub default: Option<String>,
    /// The allowed values; empty for any.
    pub allowed_values: Vec<String>,
    /// Whether the value is a comma-delimited list.
    pub is_list: bool,
}

/// A resource as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `AWS::Service::Type`.
    pub resource_type: String,
    /// The properties, still with references.
    pub properties: Expression,
    /// Explicit dependencies.
    pub depends_on: Vec<String>,
    /// The condition for its existence.
    pub condition: Option<String>,
    /// Whether it outlives the stack.
    pub retain: bool,
    /// The step of the design that it belongs to, 1 to 10.
    pub step: u8,
}

/// An output of the template.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The value, still with references.
    pub value: Expression,
    /// The condition for the output.
    pub condition: Option<String>,
}
