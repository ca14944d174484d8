//! Completes the template with a deployment's parameters, addresses and tags.

use std::collections::BTreeMap;

use serde_json::Value;
use yaml_serde::{Mapping, Value as Yaml};

use super::own_events;
use super::state_tags::{self, CODE_TAG};
use super::{Naming, SUBSCRIPTION, Template, TemplateError, subscription_id};

/// Ownership tag. Its value is the stack's name.
pub const OWNER_TAG: &str = "incidentctl:stack";

/// Schema tag, which states the versions that understand the stack. On every taggable resource, and on the
/// CloudFormation stack.
pub const SCHEMA_TAG: &str = "incidentctl:schema";
/// The schema that this version deploys, and the newest that it supports. Since 2 events come through a queue, and the
/// table is laid out as heads and tallies: an older program would take queue and indexes for leftovers, and delete them.
pub const SCHEMA: u64 = 2;

/// The alert topic, which the subscriptions belong to.
const TOPIC: &str = "AlertTopic";

/// The types with a `Tags` list of `Key` and `Value`.
const TAGGABLE: [&str; 9] = [
    "AWS::IAM::Role",
    "AWS::DynamoDB::Table",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Logs::LogGroup",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Events::Rule",
    "AWS::CloudWatch::Alarm",
];

/// The completion of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Addresses, each of which adds a subscription.
    pub emails: Vec<String>,
    /// Added to every taggable resource, beside the ownership tag.
    pub tags: Vec<(String, String)>,
    /// Event patterns of the user's own, whose events the stack forwards, too.
    pub events: Vec<Value>,
    /// Parameter values, which become defaults, so that the printed template can be deployed as it is.
    pub parameters: BTreeMap<String, String>,
}

impl Completion {
    /// The finished template, still valid CloudFormation.
    ///
    /// # Errors
    /// A source that is not a template, or lacks one of the parameters; patterns that are too long for a rule.
    pub fn apply(&self, source: &str, naming: Naming) -> Result<(String, Template), TemplateError> {
        let mut document: Yaml = yaml_serde::from_str(source).map_err(TemplateError::Syntax)?;
        for (name, value) in &self.parameters {
            set_default(&mut document, name, value)?;
        }
        let resources = resources(&mut document)?;
        own_events::add(resources, &self.events)?;
        for (_, resource) in resources.iter_mut() {
            self.tag(resource);
        }
        for email in &self.emails {
            resources.insert(subscription_id(email).into(), subscription(email));
        }
        add_state_tags(&mut document, naming)?;
        let template = Template::from_yaml(&document)?;
        Ok((yaml_serde::to_string(&document).map_err(TemplateError::Syntax)?, template))
    }

    fn tag(&self, resource: &mut Yaml) {
        let Some(resource_type) = type_of(resource).filter(|name| TAGGABLE.contains(&name.as_str())) else { return };
        add_tag(resource, OWNER_TAG, reference("AWS::StackName"));
        add_tag(resource, SCHEMA_TAG, SCHEMA.to_string().into());
        for (key, value) in &self.tags {
            add_tag(resource, key, value.as_str().into());
        }
        if resource_type == "AWS::Lambda::Function" {
            add_tag(resource, CODE_TAG, reference("CodeKey"));
        }
    }
}

fn resources(document: &mut Yaml) -> Result<&mut Mapping, TemplateError> {
    let resources = document.get_mut("Resources").and_then(Yaml::as_mapping_mut);
    resources.ok_or_else(|| TemplateError::at("Resources", "the section is missing or empty"))
}

fn type_of(resource: &Yaml) -> Option<String> {
    resource.get("Type")?.as_str().map(str::to_owned)
}

/// Numbers stay numbers, as in the template's AllowedValues.
fn set_default(document: &mut Yaml, name: &str, value: &str) -> Result<(), TemplateError> {
    let parameter = document.get_mut("Parameters").and_then(|all| all.get_mut(name)).and_then(Yaml::as_mapping_mut);
    let Some(parameter) = parameter else { return Err(TemplateError::UnknownParameter(name.to_owned())) };
    let is_number = parameter.get("Type").and_then(Yaml::as_str) == Some("Number");
    let number = value.parse::<i64>().ok().filter(|_| is_number);
    parameter.insert("Default".into(), number.map_or_else(|| value.into(), Yaml::from));
    Ok(())
}

/// Adds the state tags, which record this deployment for the next one.
fn add_state_tags(document: &mut Yaml, naming: Naming) -> Result<(), TemplateError> {
    let state_tags = state_tags::state_tags(&Template::from_yaml(document)?, naming)?;
    let resources = resources(document)?;
    for (id, tags) in state_tags {
        let Some(resource) = resources.get_mut(id.as_str()) else { continue };
        for (key, value) in tags {
            add_tag(resource, key, value.into());
        }
    }
    Ok(())
}

/// Adds a tag that the resource lacks.
fn add_tag(resource: &mut Yaml, key: &str, value: Yaml) {
    let Some(resource) = resource.as_mapping_mut() else { return };
    let properties = resource.entry("Properties".into()).or_insert_with(|| Yaml::Mapping(Mapping::new()));
    let Some(properties) = properties.as_mapping_mut() else { return };
    let tags = properties.entry("Tags".into()).or_insert_with(|| Yaml::Sequence(Vec::new()));
    let Some(tags) = tags.as_sequence_mut() else { return };
    if !tags.iter().any(|tag| tag.get("Key").and_then(Yaml::as_str) == Some(key)) {
        tags.push(mapping([("Key", key.into()), ("Value", value)]));
    }
}

fn subscription(email: &str) -> Yaml {
    let step = mapping([("incidentctl", mapping([("step", 3.into())]))]);
    let properties =
        mapping([("TopicArn", reference(TOPIC)), ("Protocol", "email".into()), ("Endpoint", email.into())]);
    mapping([("Type", SUBSCRIPTION.into()), ("Metadata", step), ("Properties", properties)])
}

/// `!Ref NAME`.
fn reference(name: &str) -> Yaml {
    let tag = yaml_serde::value::Tag::new("Ref");
    Yaml::Tagged(Box::new(yaml_serde::value::TaggedValue { tag, value: name.into() }))
}

fn mapping<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Mapping(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}
