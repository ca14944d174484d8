//! The sections of a template, each read by its own rules.

use indexmap::IndexMap;

use super::Template;
use super::error::{Broken, format_error, lacks};
use super::node::Node;
use super::parameter::Parameter;

const SECTIONS: [&str; 8] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
];
/// Sections of the language that are not evaluated here.
const LACKING: [&str; 3] = ["Hooks", "Rules", "Transform"];
const RESOURCE_MEMBERS: [&str; 7] =
    ["Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"];
const LACKING_MEMBERS: [&str; 2] = ["CreationPolicy", "UpdatePolicy"];

/// A resource as it is declared.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) resource_type: String,
    pub(super) properties: IndexMap<String, Node>,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: Option<String>,
    /// Whether it outlives the stack.
    pub(super) retain: bool,
    /// Whether it outlives its replacement.
    pub(super) retain_replaced: bool,
}

/// An output as it is declared.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) value: Node,
    pub(super) condition: Option<String>,
}

impl Template {
    /// Reads a template. `is_known` says whether resources of a type can be made.
    ///
    /// # Errors
    /// What breaks the rules of the language whatever the parameters are.
    pub(in super::super) fn parse(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Self, Broken> {
        let Node::Map(mut sections) = Node::parse(text)? else {
            return Err(format_error("unsupported structure."));
        };
        if let Some(lacking) = LACKING.iter().find(|name| sections.contains_key(**name)) {
            return Err(lacks(format_args!("the section {lacking}")));
        }
        let unknown: Vec<&str> = sections.keys().map(String::as_str).filter(|name| !SECTIONS.contains(name)).collect();
        if !unknown.is_empty() {
            return Err(format!("Invalid template property or properties [{}]", unknown.join(", ")));
        }
        if let Some(version) = sections.get("AWSTemplateFormatVersion").and_then(Node::scalar_text)
            && version != "2010-09-09"
        {
            return Err(format_error(format_args!(
                "Unsupported template format version {version}. Supported version is 2010-09-09"
            )));
        }
        let description = sections.get("Description").and_then(Node::scalar_text);
        let mut take = |name: &str| sections.shift_remove(name).unwrap_or(Node::Map(IndexMap::new()));
        let template = Self {
            description,
            parameters: members("Parameters", take("Parameters"), |name, node| Parameter::parse(name, &node))?,
            mappings: take("Mappings"),
            conditions: members("Conditions", take("Conditions"), |_, node| Ok(node))?,
            resources: members("Resources", take("Resources"), body)?,
            outputs: members("Outputs", take("Outputs"), output)?,
        };
        if template.resources.is_empty() {
            return Err(format_error("At least one Resources member must be defined."));
        }
        template.check_types(is_known)?;
        template.check_references()?;
        Ok(template)
    }

    fn check_types(&self, is_known: impl Fn(&str) -> bool) -> Result<(), Broken> {
        let unknown = self.resources.values().map(|body| body.resource_type.as_str()).filter(|kind| !is_known(kind));
        let mut unknown: Vec<&str> = unknown.collect();
        unknown.sort_unstable();
        unknown.dedup();
        match unknown.is_empty() {
            true => Ok(()),
            false => Err(format_error(format_args!("Unrecognized resource types: [{}]", unknown.join(", ")))),
        }
    }
}

fn members<T>(
    section: &str,
    node: Node,
    read: impl Fn(&str, Node) -> Result<T, Broken>,
) -> Result<IndexMap<String, T>, Broken> {
    let Node::Map(members) = node else { return Err(format_error(format_args!("'{section}' section must be a map"))) };
    let what = match section {
        "Resources" => "Resource",
        "Outputs" => "Output",
        "Parameters" => "Parameter",
        _ => "Condition",
    };
    members
        .into_iter()
        .map(|(name, node)| match name.chars().all(|character| character.is_ascii_alphanumeric()) {
            true => read(&name, node).map(|value| (name, value)),
            false => Err(format_error(format_args!("{what} name {name} is non alphanumeric."))),
        })
        .collect()
}

fn body(id: &str, node: Node) -> Result<Body, Broken> {
    let broken = |problem: &str| format_error(format_args!("[/Resources/{id}] {problem}"));
    let Node::Map(mut members) = node else { return Err(broken("resource definition is malformed")) };
    if let Some(lacking) = LACKING_MEMBERS.iter().find(|name| members.contains_key(**name)) {
        return Err(lacks(format_args!("{lacking}, which {id} has")));
    }
    if let Some(unknown) = members.keys().find(|name| !RESOURCE_MEMBERS.contains(&name.as_str())) {
        return Err(format!("Invalid template resource property '{unknown}'"));
    }
    let text = |name: &str| members.get(name).and_then(Node::scalar_text);
    let resource_type = text("Type").ok_or_else(|| broken("Every Resources object must contain a Type member."))?;
    let depends_on = match members.get("DependsOn") {
        None => Vec::new(),
        Some(Node::List(names)) => names.iter().filter_map(Node::scalar_text).collect(),
        Some(name) => {
            vec![name.scalar_text().ok_or_else(|| broken("'DependsOn' attribute must be a string or a list"))?]
        }
    };
    let (retain, retain_replaced) =
        (policy(id, &members, "DeletionPolicy")?, policy(id, &members, "UpdateReplacePolicy")?);
    let condition = text("Condition");
    let properties = match members.shift_remove("Properties") {
        None => IndexMap::new(),
        Some(Node::Map(properties)) => properties,
        Some(_) => return Err(broken("'Properties' attribute must be an object")),
    };
    Ok(Body { resource_type, properties, depends_on, condition, retain, retain_replaced })
}

/// Whether a policy says that a resource stays.
fn policy(id: &str, members: &IndexMap<String, Node>, name: &str) -> Result<bool, Broken> {
    match members.get(name).map(|policy| policy.scalar_text().unwrap_or_default()).as_deref() {
        None | Some("Delete") => Ok(false),
        Some("Retain") => Ok(true),
        Some(policy @ ("Snapshot" | "RetainExceptOnCreate")) => {
            Err(lacks(format_args!("{name} {policy}, which {id} has")))
        }
        Some(other) => Err(format_error(format_args!("Unrecognized {name} {other} for resource {id}"))),
    }
}

fn output(name: &str, node: Node) -> Result<Output, Broken> {
    let Node::Map(mut members) = node else {
        return Err(format_error(format_args!("[/Outputs/{name}] Every Outputs member must be a map.")));
    };
    if members.contains_key("Export") {
        return Err(lacks(format_args!("Export, which the output {name} has")));
    }
    let condition = members.get("Condition").and_then(Node::scalar_text);
    match members.shift_remove("Value") {
        Some(value) => Ok(Output { value, condition }),
        None => Err(format_error(format_args!("Every Outputs member must contain a Value object"))),
    }
}
