//! The language of templates: YAML or JSON in, resources with plain values out. After the CloudFormation user guide
//! ("Template anatomy", "Intrinsic function reference"); what the guide has and this does not is refused by name.

mod condition;
mod declaration;
mod error;
mod evaluate;
mod node;
mod parameter;
mod reference;
mod resolve;
mod section;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;

use node::Node;
use parameter::Parameter;
use section::{Body, Output};

pub(super) use resolve::Scope;

/// A template, read and checked as far as that goes without values for its parameters.
#[derive(Debug, Clone)]
pub(super) struct Template {
    description: Option<String>,
    parameters: IndexMap<String, Parameter>,
    mappings: Node,
    conditions: IndexMap<String, Node>,
    resources: IndexMap<String, Body>,
    outputs: IndexMap<String, Output>,
}
