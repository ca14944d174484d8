//! A template resolved for one place: the desired state.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::resolve::Scope;
use super::{Attributes, Graph, Inputs, Naming, Place, Template, TemplateError};

/// A desired resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::Service::Type`.
    pub resource_type: String,
    /// The step of the design that it belongs to, 1 to 10; 0 when the template does not say.
    pub step: u8,
    /// Its properties, in the shape of CloudFormation.
    pub properties: Value,
    /// The values of `Ref` and `GetAtt`.
    pub attributes: Attributes,
    /// Logical ids of its dependencies.
    pub needs: BTreeSet<String>,
    /// Whether it outlives the stack.
    pub retain: bool,
}

/// The desired state, each resource after its dependencies.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Where it lives.
    pub place: Place,
    /// The resources.
    pub resources: Vec<Desired>,
    /// The outputs.
    pub outputs: IndexMap<String, String>,
}

impl Template {
    /// Resolves every reference.
    ///
    /// # Errors
    /// Dangling references, cycles, unsupported resource types, values outside the allowed ones.
    pub fn resolve(&self, inputs: &Inputs, naming: Naming) -> Result<Stack, TemplateError> {
        let graph = Graph::of(self)?;
        let mut scope = Scope::new(self, inputs)?;
        let mut resources: Vec<Desired> = Vec::new();
        for id in graph.order()? {
            let Some(resource) = self.resources.get(&id) else { continue };
            if !scope.holds(resource.condition.as_deref(), &id)? {
                continue;
            }
            let place = format!("{id}.Properties");
            let properties = scope.value(&resource.properties, &place)?.unwrap_or(Value::Object(Map::new()));
            let Some(attributes) = naming(&resource.resource_type, &properties, &inputs.place) else {
                return Err(TemplateError::at(&id, format!("the type {} is not supported", resource.resource_type)));
            };
            scope.add(&id, attributes.clone());
            let mut needs = graph.needs(&id);
            needs.retain(|need| resources.iter().any(|resource| resource.logical_id == *need));
            resources.push(Desired {
                logical_id: id,
                resource_type: resource.resource_type.clone(),
                step: resource.step,
                properties,
                attributes,
                needs,
                retain: resource.retain,
            });
        }
        let outputs = self.outputs(&scope)?;
        Ok(Stack { place: inputs.place.clone(), resources, outputs })
    }

    fn outputs(&self, scope: &Scope<'_>) -> Result<IndexMap<String, String>, TemplateError> {
        let mut outputs = IndexMap::new();
        for (name, output) in &self.outputs {
            let place = format!("Outputs.{name}");
            if !scope.holds(output.condition.as_deref(), &place)? {
                continue;
            }
            match scope.value(&output.value, &place)? {
                Some(Value::String(text)) => outputs.insert(name.clone(), text),
                Some(other) => outputs.insert(name.clone(), other.to_string()),
                None => None,
            };
        }
        Ok(outputs)
    }
}

impl Stack {
    /// A resource by logical id.
    pub fn get(&self, logical_id: &str) -> Option<&Desired> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }
}
