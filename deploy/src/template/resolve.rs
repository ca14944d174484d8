//! Resolves expressions to plain JSON.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Condition, Expression, Piece, Place, Template, TemplateError};

/// Maximum nesting of conditions: each level takes a part of the call stack.
const LONGEST_PATH: usize = 50;

/// The values of `Ref` and `GetAtt` for a resource, known before it exists, because names are deterministic and
/// determine the ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// The value of `Ref`.
    pub reference: String,
    /// The values of `GetAtt` by attribute.
    pub attributes: BTreeMap<&'static str, String>,
}

/// Derives the [`Attributes`] of a resource from its type and resolved properties; `None` for an unsupported type.
pub type Naming = fn(resource_type: &str, properties: &Value, place: &Place) -> Option<Attributes>;

/// The inputs for resolving a template.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The stack's location.
    pub place: Place,
    /// Parameter values; others use their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// Everything an expression may refer to.
pub(super) struct Scope<'a> {
    place: &'a Place,
    parameters: BTreeMap<String, Value>,
    conditions: IndexMap<String, bool>,
    resources: BTreeMap<String, Attributes>,
}

impl<'a> Scope<'a> {
    /// A scope with parameters and conditions, but no resources yet.
    pub(super) fn new(template: &Template, inputs: &'a Inputs) -> Result<Self, TemplateError> {
        if let Some(name) = inputs.parameters.keys().find(|name| !template.parameters.contains_key(*name)) {
            return Err(TemplateError::UnknownParameter(name.clone()));
        }
        let mut scope = Self {
            place: &inputs.place,
            parameters: parameters(template, &inputs.parameters)?,
            conditions: IndexMap::new(),
            resources: BTreeMap::new(),
        };
        for name in template.conditions.keys() {
            scope.decide(name, template, &mut Vec::new())?;
        }
        Ok(scope)
    }

    /// Adds a resource for the expressions after it.
    pub(super) fn add(&mut self, id: &str, attributes: Attributes) {
        self.resources.insert(id.to_owned(), attributes);
    }

    /// Whether a condition holds; true without one.
    pub(super) fn holds(&self, condition: Option<&str>, place: &str) -> Result<bool, TemplateError> {
        match condition {
            None => Ok(true),
            Some(name) => self
                .conditions
                .get(name)
                .copied()
                .ok_or_else(|| TemplateError::at(place, format!("there is no condition {name}"))),
        }
    }

    /// The value of an expression, or `None` when it is `AWS::NoValue`.
    pub(super) fn value(&self, expression: &Expression, place: &str) -> Result<Option<Value>, TemplateError> {
        match expression {
            Expression::Scalar(scalar) => Ok(Some(scalar.clone())),
            Expression::List(items) => self.list(items, place).map(|list| Some(Value::Array(list))),
            Expression::Map(entries) => self.map(entries, place).map(|map| Some(Value::Object(map))),
            Expression::Reference(name) if name == "AWS::NoValue" => Ok(None),
            Expression::Reference(name) => self.reference(name, place).map(Some),
            Expression::Attribute { resource, attribute } => {
                self.attribute(resource, attribute, place).map(|text| Some(Value::String(text)))
            }
            Expression::Substitution { pieces, names } => {
                self.substitute(pieces, names, place).map(|text| Some(Value::String(text)))
            }
            Expression::Join { separator, parts } => match self.value(parts, place)? {
                Some(Value::Array(parts)) => {
                    let parts: Vec<String> = parts.iter().map(|part| plain(part, place)).collect::<Result<_, _>>()?;
                    Ok(Some(Value::String(parts.join(separator))))
                }
                _ => Err(TemplateError::at(place, "Join takes a list")),
            },
            Expression::Choice { condition, then, otherwise } => match self.holds(Some(condition), place)? {
                true => self.value(then, place),
                false => self.value(otherwise, place),
            },
        }
    }

    fn list(&self, items: &[Expression], place: &str) -> Result<Vec<Value>, TemplateError> {
        let resolve = |(index, item)| self.value(item, &format!("{place}[{index}]")).transpose();
        items.iter().enumerate().filter_map(resolve).collect()
    }

    fn map(&self, entries: &IndexMap<String, Expression>, place: &str) -> Result<Map<String, Value>, TemplateError> {
        let mut map = Map::new();
        for (key, expression) in entries {
            if let Some(value) = self.value(expression, &format!("{place}.{key}"))? {
                map.insert(key.clone(), value);
            }
        }
        Ok(map)
    }

    fn reference(&self, name: &str, place: &str) -> Result<Value, TemplateError> {
        if let Some(value) = self.pseudo(name).map(Value::String).or_else(|| self.parameters.get(name).cloned()) {
            return Ok(value);
        }
        match self.resources.get(name) {
            Some(resource) => Ok(Value::String(resource.reference.clone())),
            None => Err(TemplateError::at(place, format!("there is no parameter or resource {name}"))),
        }
    }

    fn pseudo(&self, name: &str) -> Option<String> {
        Some(match name {
            "AWS::AccountId" => self.place.account.clone(),
            "AWS::Partition" => self.place.partition.name.to_owned(),
            "AWS::Region" => self.place.region.clone(),
            "AWS::StackName" => self.place.stack.clone(),
            "AWS::URLSuffix" => self.place.url_suffix().to_owned(),
            _ => return None,
        })
    }

    fn attribute(&self, resource: &str, attribute: &str, place: &str) -> Result<String, TemplateError> {
        let Some(known) = self.resources.get(resource) else {
            return Err(TemplateError::at(place, format!("there is no resource {resource}")));
        };
        match known.attributes.get(attribute) {
            Some(value) => Ok(value.clone()),
            None => Err(TemplateError::at(place, format!("the attribute {attribute} of {resource} is not supported"))),
        }
    }

    fn substitute(
        &self,
        pieces: &[Piece],
        names: &IndexMap<String, Expression>,
        place: &str,
    ) -> Result<String, TemplateError> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Name(name) => text.push_str(&self.named(name, names, place)?),
            }
        }
        Ok(text)
    }

    fn named(&self, name: &str, names: &IndexMap<String, Expression>, place: &str) -> Result<String, TemplateError> {
        if let Some(expression) = names.get(name) {
            let value = self.value(expression, place)?;
            return plain(&value.unwrap_or_default(), place);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, place),
            None => plain(&self.reference(name, place)?, place),
        }
    }

    /// Evaluates a condition and those it refers to; `path` has the ones in progress.
    fn decide(&mut self, name: &str, template: &Template, path: &mut Vec<String>) -> Result<bool, TemplateError> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let Some(condition) = template.conditions.get(name) else {
            return Err(TemplateError::at("Conditions", format!("there is no condition {name}")));
        };
        path.push(name.to_owned());
        if path.len() > LONGEST_PATH {
            let reason = format!("more than {LONGEST_PATH} conditions refer to one another");
            return Err(TemplateError::at("Conditions", reason));
        }
        if path.iter().filter(|seen| *seen == name).count() > 1 {
            return Err(TemplateError::Cycle(path.clone()));
        }
        let holds = self.evaluate(condition, template, path)?;
        path.pop();
        self.conditions.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn evaluate(
        &mut self,
        condition: &Condition,
        template: &Template,
        path: &mut Vec<String>,
    ) -> Result<bool, TemplateError> {
        match condition {
            Condition::Equals(left, right) => Ok(self.value(left, "Conditions")? == self.value(right, "Conditions")?),
            Condition::Not(condition) => Ok(!self.evaluate(condition, template, path)?),
            Condition::And(all) => {
                all.iter().try_fold(true, |holds, one| Ok(self.evaluate(one, template, path)? && holds))
            }
            Condition::Or(any) => {
                any.iter().try_fold(false, |holds, one| Ok(self.evaluate(one, template, path)? || holds))
            }
            Condition::Named(name) => self.decide(name, template, path),
        }
    }
}

fn parameters(template: &Template, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, Value>, TemplateError> {
    let mut values = BTreeMap::new();
    for (name, parameter) in &template.parameters {
        let Some(value) = given.get(name).or(parameter.default.as_ref()) else {
            return Err(TemplateError::NoValue(name.clone()));
        };
        if !parameter.allowed_values.is_empty() && !parameter.allowed_values.contains(value) {
            return Err(TemplateError::NotAllowed {
                name: name.clone(),
                value: value.clone(),
                allowed: parameter.allowed_values.clone(),
            });
        }
        let value = match parameter.is_list {
            true => value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
            false => Value::String(value.clone()),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// A scalar as text.
fn plain(value: &Value, place: &str) -> Result<String, TemplateError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(TemplateError::at(place, "a string is expected")),
    }
}
