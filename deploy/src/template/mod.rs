//! The stack as CloudFormation declares it: from YAML to resources whose properties are plain JSON.
//!
//! Pure. Only the parts of CloudFormation that the embedded template uses are understood; anything else is an error
//! that names where it stands, because a part that is skipped in silence would be a resource that differs.

mod alter;
mod error;
mod expression;
mod graph;
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
pub use error::TemplateError;
pub use expression::{Condition, Expression, Piece};
pub use graph::{Edge, Graph};
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
    /// What can be chosen per deployment.
    pub parameters: IndexMap<String, Parameter>,
    /// Named conditions.
    pub conditions: IndexMap<String, Condition>,
    /// What is deployed, by logical id.
    pub resources: IndexMap<String, Resource>,
    /// What a deployment tells, by name.
    pub outputs: IndexMap<String, Output>,
}

/// Something that can be chosen per deployment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    /// The value when none is given.
    pub default: Option<String>,
    /// The only values allowed; empty means any.
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
    /// Resources that have to exist first though no property says so.
    pub depends_on: Vec<String>,
    /// The condition under which it exists at all.
    pub condition: Option<String>,
    /// Whether it outlives the stack.
    pub retain: bool,
    /// The step of the design that it belongs to, 1 to 10.
    pub step: u8,
}

/// Something a deployment tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The value, still with references.
    pub value: Expression,
    /// The condition under which it is told.
    pub condition: Option<String>,
}
