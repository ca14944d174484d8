//! Which properties a type of resource has, and which kind each is. A value of the wrong kind, and a property that there
//! is not, fail the resource before any service is asked, as on AWS.

use serde_json::{Map, Value};

use crate::services::cloudformation::provisioner::{Refusal, Resource};

/// A property of a type of resource or of a structure in one.
pub(super) struct Property {
    pub(super) name: &'static str,
    shape: Shape,
    is_required: bool,
    /// "Update requires: Replacement" in the type's reference.
    pub(super) replaces: bool,
    /// AWS has it and this CloudFormation does not.
    is_lacking: bool,
}

/// The kind of a value. Templates write numbers and flags as texts, too: references to parameters give texts.
pub(super) enum Shape {
    Text,
    Whole,
    Number,
    Flag,
    /// Any JSON, such as a policy.
    Json,
    List(&'static Shape),
    Structure(&'static [Property]),
    /// Texts by names that are data.
    Texts,
}

/// A list of texts.
pub(super) const LIST_OF_TEXTS: Shape = Shape::List(&Shape::Text);
/// What most types take as tags.
pub(super) const TAGS: Property = of(
    "Tags",
    Shape::List(&Shape::Structure(&[of("Key", Shape::Text).required(), of("Value", Shape::Text).required()])),
);

/// A property.
pub(super) const fn of(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, is_required: false, replaces: false, is_lacking: false }
}

/// A text property.
pub(super) const fn text(name: &'static str) -> Property {
    of(name, Shape::Text)
}

/// A property of AWS's that is not supported here.
pub(super) const fn lacking(name: &'static str) -> Property {
    Property { is_lacking: true, ..of(name, Shape::Json) }
}

impl Property {
    /// Has to be there.
    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Takes a new resource when it changes.
    pub(super) const fn replaces(self) -> Self {
        Self { replaces: true, ..self }
    }
}

/// The resource with its properties in the kinds that the services take.
///
/// # Errors
/// What CloudFormation says of properties that a type does not have or take.
pub(super) fn typed(resource: &Resource, properties: &[Property]) -> Result<Resource, Refusal> {
    match structure(&resource.properties, properties, "#") {
        Ok(properties) => Ok(Resource { properties, ..resource.clone() }),
        Err(problem) => Err(Refusal::unsaid(format!(
            "Properties validation failed for resource {} with message:\n{problem}",
            resource.logical_id
        ))),
    }
}

fn structure(value: &Value, properties: &[Property], path: &str) -> Result<Value, String> {
    let Some(given) = value.as_object() else { return Err(expected(path, "JSONObject", value)) };
    if let Some(unknown) = given.keys().find(|name| properties.iter().all(|property| property.name != *name)) {
        return Err(format!("{path}: extraneous key [{unknown}] is not permitted"));
    }
    let mut members = Map::new();
    for property in properties {
        match given.get(property.name) {
            Some(_) if property.is_lacking => {
                return Err(format!("{path}/{}: the local AWS does not implement this property", property.name));
            }
            Some(value) => {
                let value = property.shape.typed(value, &format!("{path}/{}", property.name))?;
                members.insert(property.name.to_owned(), value);
            }
            None if property.is_required => return Err(format!("{path}: required key [{}] not found", property.name)),
            None => {}
        }
    }
    Ok(Value::Object(members))
}

impl Shape {
    fn typed(&self, value: &Value, path: &str) -> Result<Value, String> {
        let text = || match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        };
        match self {
            Self::Json => Ok(value.clone()),
            Self::Text => text().map(Value::String).ok_or_else(|| expected(path, "String", value)),
            Self::Whole => {
                let number = text().and_then(|text| text.parse::<i64>().ok());
                number.map(Value::from).ok_or_else(|| expected(path, "Integer", value))
            }
            Self::Number => {
                let number = text().and_then(|text| text.parse::<f64>().ok());
                number.map(Value::from).ok_or_else(|| expected(path, "Number", value))
            }
            Self::Flag => {
                let flag = text().and_then(|text| text.parse::<bool>().ok());
                flag.map(Value::from).ok_or_else(|| expected(path, "Boolean", value))
            }
            Self::List(element) => {
                let Some(elements) = value.as_array() else { return Err(expected(path, "JSONArray", value)) };
                let typed = |(index, value)| element.typed(value, &format!("{path}/{index}"));
                elements.iter().enumerate().map(typed).collect()
            }
            Self::Structure(properties) => structure(value, properties, path),
            Self::Texts => {
                let Some(entries) = value.as_object() else { return Err(expected(path, "JSONObject", value)) };
                let typed = |(name, value): (&String, &Value)| {
                    Ok((name.clone(), Self::Text.typed(value, &format!("{path}/{name}"))?))
                };
                entries.iter().map(typed).collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
        }
    }
}

fn expected(path: &str, kind: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(_) => "Number",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    };
    format!("{path}: expected type: {kind}, found: {found}")
}
