//! Parses YAML into a [`Template`].

use indexmap::IndexMap;
use yaml_serde::{Mapping, Value as Yaml};

use super::expression::text;
use super::{Condition, Expression, Output, Parameter, Resource, Template, TemplateError};

const SECTIONS: [&str; 8] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Conditions",
    "Resources",
    "Outputs",
];
const RESOURCE_KEYS: [&str; 7] =
    ["Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"];

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Malformed YAML, and any unsupported part of CloudFormation.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        Self::from_yaml(&yaml_serde::from_str(source).map_err(TemplateError::Syntax)?)
    }

    /// Reads a template from parsed YAML.
    ///
    /// # Errors
    /// Any unsupported part of CloudFormation.
    pub(super) fn from_yaml(document: &Yaml) -> Result<Self, TemplateError> {
        let document = mapping(document, "the document")?;
        only(document, &SECTIONS, "the document")?;
        let template = Self {
            parameters: section(document, "Parameters", parameter)?,
            conditions: section(document, "Conditions", Condition::parse)?,
            resources: section(document, "Resources", resource)?,
            outputs: section(document, "Outputs", output)?,
        };
        if template.resources.is_empty() {
            return Err(TemplateError::at("Resources", "the section is missing or empty"));
        }
        Ok(template)
    }
}

fn section<T>(
    document: &Mapping,
    name: &str,
    parse: fn(&Yaml, &str) -> Result<T, TemplateError>,
) -> Result<IndexMap<String, T>, TemplateError> {
    let Some(section) = document.get(name) else { return Ok(IndexMap::new()) };
    mapping(section, name)?
        .iter()
        .map(|(key, value)| {
            let key = text(key, name)?;
            // A resource's place starts with its logical id, as users look for that.
            let place = if name == "Resources" { key.clone() } else { format!("{name}.{key}") };
            let value = parse(value, &place)?;
            Ok((key, value))
        })
        .collect()
}

fn parameter(yaml: &Yaml, place: &str) -> Result<Parameter, TemplateError> {
    let entries = mapping(yaml, place)?;
    let declared = match entries.get("Type") {
        Some(declared) => text(declared, place)?,
        None => return Err(TemplateError::at(place, "a parameter needs a Type")),
    };
    let is_list = match declared.as_str() {
        "String" | "Number" => false,
        "CommaDelimitedList" | "List<Number>" => true,
        other => return Err(TemplateError::at(place, format!("the parameter type {other} is not supported"))),
    };
    let allowed_values = match entries.get("AllowedValues") {
        None => Vec::new(),
        Some(Yaml::Sequence(values)) => values.iter().map(|value| text(value, place)).collect::<Result<_, _>>()?,
        Some(_) => return Err(TemplateError::at(place, "AllowedValues is a list")),
    };
    Ok(Parameter {
        default: entries.get("Default").map(|value| text(value, place)).transpose()?,
        allowed_values,
        is_list,
    })
}

fn resource(yaml: &Yaml, place: &str) -> Result<Resource, TemplateError> {
    let entries = mapping(yaml, place)?;
    only(entries, &RESOURCE_KEYS, place)?;
    let Some(resource_type) = entries.get("Type") else {
        return Err(TemplateError::at(place, "a resource needs a Type"));
    };
    let properties = match entries.get("Properties") {
        Some(properties) => Expression::parse(properties, &format!("{place}.Properties"))?,
        None => Expression::Map(IndexMap::new()),
    };
    Ok(Resource {
        resource_type: text(resource_type, place)?,
        properties,
        depends_on: depends_on(entries.get("DependsOn"), place)?,
        condition: entries.get("Condition").map(|name| text(name, place)).transpose()?,
        retain: retain(entries.get("DeletionPolicy"), place)?,
        step: step(entries.get("Metadata")),
    })
}

fn depends_on(yaml: Option<&Yaml>, place: &str) -> Result<Vec<String>, TemplateError> {
    match yaml {
        None => Ok(Vec::new()),
        Some(Yaml::Sequence(names)) => names.iter().map(|name| text(name, place)).collect(),
        Some(name) => Ok(vec![text(name, place)?]),
    }
}

fn retain(yaml: Option<&Yaml>, place: &str) -> Result<bool, TemplateError> {
    match yaml.map(|policy| text(policy, place)).transpose()?.as_deref() {
        None | Some("Delete") => Ok(false),
        Some("Retain") => Ok(true),
        Some(other) => Err(TemplateError::at(place, format!("the DeletionPolicy {other} is not supported"))),
    }
}

/// `Metadata: {incidentctl: {step: N}}`; 0 when there is none.
fn step(metadata: Option<&Yaml>) -> u8 {
    metadata
        .and_then(|metadata| metadata.get("incidentctl")?.get("step")?.as_u64())
        .and_then(|step| u8::try_from(step).ok())
        .unwrap_or(0)
}

fn output(yaml: &Yaml, place: &str) -> Result<Output, TemplateError> {
    let entries = mapping(yaml, place)?;
    let Some(value) = entries.get("Value") else {
        return Err(TemplateError::at(place, "an output needs a Value"));
    };
    Ok(Output {
        value: Expression::parse(value, place)?,
        condition: entries.get("Condition").map(|name| text(name, place)).transpose()?,
    })
}

fn mapping<'a>(yaml: &'a Yaml, place: &str) -> Result<&'a Mapping, TemplateError> {
    yaml.as_mapping().ok_or_else(|| TemplateError::at(place, "a mapping is expected"))
}

fn only(entries: &Mapping, allowed: &[&str], place: &str) -> Result<(), TemplateError> {
    match entries
        .keys()
        .map(|key| text(key, place))
        .find(|key| !key.as_ref().is_ok_and(|key| allowed.contains(&key.as_str())))
    {
        None => Ok(()),
        Some(key) => Err(TemplateError::at(place, format!("`{}` is not supported", key?))),
    }
}
