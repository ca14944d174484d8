//! A template with values for its parameters: each resource with plain properties and what it needs.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Template;
use super::error::{Broken, format_error, takes};
use super::node::plain;
use super::reference::unresolved;
use crate::services::cloudformation::provision::{Identity, identity};
use crate::services::cloudformation::provisioner::{Home, Resolved, Resource};

/// Resources of one template (CloudFormation quotas).
const MOST_RESOURCES: usize = 500;

/// What names stand for while a template is resolved.
pub(in super::super) struct Scope<'a> {
    pub(super) template: &'a Template,
    pub(super) home: &'a Home,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: BTreeMap<String, bool>,
    /// Where the value stands that is evaluated, for messages.
    pub(super) block: &'static str,
    /// In the order in which they were resolved: each after those that it refers to.
    done: IndexMap<String, (Resource, Identity)>,
    /// The resources that are being resolved, each referred to by the one before, and what each has referred to so far.
    open: Vec<(String, BTreeSet<String>)>,
}

impl<'a> Scope<'a> {
    /// Values for parameters and conditions.
    ///
    /// # Errors
    /// Values that the template does not allow.
    pub(in super::super) fn new(
        template: &'a Template,
        given: &BTreeMap<String, String>,
        home: &'a Home,
    ) -> Result<Self, Broken> {
        let count = template.resources.len();
        if count > MOST_RESOURCES {
            return Err(format_error(format_args!(
                "Number of resources, {count}, is greater than maximum allowed, {MOST_RESOURCES}"
            )));
        }
        let mut parameters = BTreeMap::new();
        for (name, parameter) in &template.parameters {
            let Some(text) = given.get(name).or(parameter.default.as_ref()) else {
                return Err(format!("Parameters: [{name}] must have values"));
            };
            parameters.insert(name.clone(), parameter.value(name, text)?);
        }
        let mut scope = Self {
            template,
            home,
            parameters,
            conditions: BTreeMap::new(),
            block: "Conditions",
            done: IndexMap::new(),
            open: Vec::new(),
        };
        scope.decide_all()?;
        Ok(scope)
    }

    /// What should exist, each resource after all that it needs, and the outputs.
    ///
    /// # Errors
    /// References without an end, to what does not exist, or to attributes that there are not.
    pub(in super::super) fn resolve(mut self) -> Result<Resolved, Broken> {
        let template = self.template;
        self.block = "Resources";
        for (id, body) in &template.resources {
            if self.is_met(body.condition.as_deref()) {
                self.resolve_resource(id)?;
            }
        }
        self.block = "Outputs";
        let mut outputs = Vec::new();
        for (name, output) in &template.outputs {
            if self.is_met(output.condition.as_deref()) {
                let value = self.value_of(&output.value)?;
                let text = value.as_ref().and_then(plain);
                outputs.push((name.clone(), text.ok_or_else(|| format_error("Output values must be strings"))?));
            }
        }
        Ok(Resolved { resources: self.done.into_values().map(|(resource, _)| resource).collect(), outputs })
    }

    /// Resolves a resource, and those that it refers to first.
    fn resolve_resource(&mut self, id: &str) -> Result<(), Broken> {
        if self.done.contains_key(id) {
            return Ok(());
        }
        let template = self.template;
        let body = template.resources.get(id).filter(|body| self.is_met(body.condition.as_deref()));
        let body = body.ok_or_else(|| unresolved([id], self.block))?;
        if let Some(start) = self.open.iter().position(|(open, _)| open == id) {
            let circle: Vec<&str> = self.open.iter().skip(start).map(|(open, _)| open.as_str()).collect();
            return Err(format!("Circular dependency between resources: [{}]", circle.join(", ")));
        }
        self.open.push((id.to_owned(), BTreeSet::new()));
        for needed in &body.depends_on {
            // What a condition leaves out is not waited for.
            if template.resources.get(needed).is_some_and(|needed| self.is_met(needed.condition.as_deref())) {
                self.refer(needed)?;
            }
        }
        let mut properties = Map::new();
        for (name, node) in &body.properties {
            if let Some(value) = self.value_of(node)? {
                properties.insert(name.clone(), value);
            }
        }
        let needs = self.open.pop().map(|(_, needs)| needs).unwrap_or_default();
        let properties = Value::Object(properties);
        let identity = identity(&body.resource_type, id, &properties, self.home);
        let resource = Resource {
            logical_id: id.to_owned(),
            resource_type: body.resource_type.clone(),
            physical_id: identity.physical_id.clone(),
            properties,
            needs,
            retain: body.retain,
            retain_replaced: body.retain_replaced,
        };
        self.done.insert(id.to_owned(), (resource, identity));
        Ok(())
    }

    /// What a resource is known by, which whatever is being resolved needs from now on.
    fn refer(&mut self, id: &str) -> Result<&Identity, Broken> {
        self.resolve_resource(id)?;
        if let Some((_, needs)) = self.open.last_mut() {
            needs.insert(id.to_owned());
        }
        let block = self.block;
        self.done.get(id).map(|(_, identity)| identity).ok_or_else(|| unresolved([id], block))
    }

    /// `Ref`.
    pub(super) fn reference(&mut self, name: &str) -> Result<Option<Value>, Broken> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        let home = self.home;
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::NotificationARNs" => return Ok(Some(Value::Array(Vec::new()))),
            "AWS::AccountId" => home.account.clone(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => home.region.clone(),
            "AWS::StackId" => home.stack_id.clone(),
            "AWS::StackName" => home.stack.clone(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            resource => {
                let reference = self.refer(resource)?.physical_id.clone();
                if reference.is_empty() {
                    return Err(format!(
                        "Template error: the local AWS does not know what Ref {resource} gives before it is made"
                    ));
                }
                reference
            }
        };
        Ok(Some(text.into()))
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&mut self, resource: &str, attribute: &str) -> Result<Value, Broken> {
        if attribute.is_empty() {
            return Err(takes("Fn::GetAtt", "two non-empty parameters, the resource name and the resource attribute"));
        }
        let value = self.refer(resource)?.attributes.get(attribute).cloned();
        value.map(Value::String).ok_or_else(|| {
            format!("Template error: resource {resource} does not support attribute type {attribute} in Fn::GetAtt")
        })
    }
}
