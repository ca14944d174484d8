//! The types of resources that stacks can have, each after its page of the CloudFormation template reference: what
//! `Ref` and `Fn::GetAtt` give, which properties take a new resource, and how it is made. Nothing here is shared with
//! the deployer: it is what the deployer is held against.

mod alarm;
mod dashboard;
mod event_invoke_config;
mod event_source_mapping;
mod function;
mod indexes;
mod log_group;
mod permission;
mod policies;
mod queue;
mod role;
mod rule;
mod schema;
mod site;
mod subscription;
mod table;
#[cfg(test)]
mod tests;
mod topic;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::provisioner::{Declaration, Home, Provisioner, Refusal, Resolved, Resource, Workplace};
use super::template::{Scope, Template};
use schema::{Property, typed};
use site::Site;

/// What a resource is known by before it is made.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    /// What `Ref` gives; empty where only the service knows it.
    pub(super) physical_id: String,
    /// What `Fn::GetAtt` gives.
    pub(super) attributes: BTreeMap<&'static str, String>,
}

impl Identity {
    fn of<const N: usize>(physical_id: impl Into<String>, attributes: [(&'static str, String); N]) -> Self {
        Self { physical_id: physical_id.into(), attributes: BTreeMap::from(attributes) }
    }
}

/// A type of resource.
#[async_trait]
trait Kind: Send + Sync {
    /// All properties.
    fn properties(&self) -> &'static [Property];

    /// The property that names the resource, where one does.
    fn name(&self) -> Option<&'static str> {
        None
    }

    /// What the resource is known by. `name` is its own or a made-up one.
    fn identity(&self, name: &str, properties: &Value, home: &Home) -> Identity;

    /// The property for which a new resource takes the place of the old one.
    fn replacement(&self, before: &Value, after: &Value) -> Option<String> {
        let mut replacing = self.properties().iter().filter(|property| property.replaces);
        replacing.find(|property| differs(before, after, property.name)).map(|property| property.name.to_owned())
    }

    /// Whether there is one. A part of another resource is not looked for: it is there when its whole is.
    async fn exists(&self, site: &Site<'_>, resource: &Resource) -> Result<bool, Refusal>;

    /// Makes it; its physical id where only the service knows it.
    async fn create(&self, site: &Site<'_>, resource: &Resource) -> Result<Option<String>, Refusal>;

    /// Changes what may be changed.
    async fn update(&self, site: &Site<'_>, before: &Resource, after: &Resource) -> Result<(), Refusal>;

    /// Removes it, if it is there.
    async fn delete(&self, site: &Site<'_>, resource: &Resource) -> Result<(), Refusal>;

    /// Whether it is a part of another resource.
    fn is_part(&self) -> bool {
        false
    }
}

fn kind(resource_type: &str) -> Option<&'static dyn Kind> {
    Some(match resource_type {
        "AWS::CloudWatch::Alarm" => &alarm::Alarm,
        "AWS::CloudWatch::Dashboard" => &dashboard::Dashboard,
        "AWS::DynamoDB::Table" => &table::Table,
        "AWS::Events::Rule" => &rule::Rule,
        "AWS::IAM::Role" => &role::Role,
        "AWS::Lambda::EventInvokeConfig" => &event_invoke_config::EventInvokeConfig,
        "AWS::Lambda::EventSourceMapping" => &event_source_mapping::EventSourceMapping,
        "AWS::Lambda::Function" => &function::Function,
        "AWS::Lambda::Permission" => &permission::Permission,
        "AWS::Logs::LogGroup" => &log_group::LogGroup,
        "AWS::SNS::Subscription" => &subscription::Subscription,
        "AWS::SNS::Topic" => &topic::Topic,
        "AWS::SNS::TopicPolicy" => &policies::OF_TOPICS,
        "AWS::SQS::Queue" => &queue::Queue,
        "AWS::SQS::QueuePolicy" => &policies::OF_QUEUES,
        _ => return None,
    })
}

fn known(resource: &Resource) -> Result<&'static dyn Kind, Refusal> {
    let unknown = || Refusal::unsaid(format!("Unrecognized resource types: [{}]", resource.resource_type));
    kind(&resource.resource_type).ok_or_else(unknown)
}

/// What a resource of a type is known by.
pub(super) fn identity(resource_type: &str, logical_id: &str, properties: &Value, home: &Home) -> Identity {
    let Some(kind) = kind(resource_type) else { return Identity::default() };
    let own = kind.name().and_then(|name| properties.get(name)?.as_str()).map(str::to_owned);
    let name = own.unwrap_or_else(|| made_up(kind, logical_id, properties, home));
    kind.identity(&name, properties, home)
}

/// A name as CloudFormation makes one up: stack, logical id, twelve characters. They are another stack's in another
/// stack, and others where a new resource takes the place of an old one; else a name stays, so that what refers to it
/// does not change with every update.
fn made_up(kind: &dyn Kind, logical_id: &str, properties: &Value, home: &Home) -> String {
    /// The shortest limit of all types has 64 characters.
    const LONGEST_BEGIN: usize = 50;
    let mut digest = Sha256::new().chain_update(&home.stack_id).chain_update(logical_id);
    for property in kind.properties().iter().filter(|property| property.replaces) {
        digest.update(properties.get(property.name).unwrap_or(&Value::Null).to_string());
    }
    let begin: String = format!("{}-{logical_id}", home.stack).chars().take(LONGEST_BEGIN).collect();
    let end: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02X}")).collect();
    format!("{begin}-{end}")
}

fn differs(before: &Value, after: &Value, name: &str) -> bool {
    before.get(name) != after.get(name)
}

/// A text property; empty where there is none.
fn text<'a>(properties: &'a Value, name: &str) -> &'a str {
    properties.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A JSON property as the text that services take.
fn json_text(properties: &Value, name: &str) -> Option<String> {
    properties.get(name).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The elements of a list property.
fn list<'a>(properties: &'a Value, name: &str) -> &'a [Value] {
    properties.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Some of the properties, as the parameters of a call.
fn only(properties: &Value, names: &[&str]) -> Value {
    let members = properties.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The same with more parameters.
fn with<const N: usize>(mut input: Value, more: [(&str, Value); N]) -> Value {
    if let Some(members) = input.as_object_mut() {
        members.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    input
}

/// Makes the resources of stacks by the operations of the local services.
pub(super) struct Services;

#[async_trait]
impl Provisioner for Services {
    fn parse(&self, template: &str) -> Result<Declaration, String> {
        Template::parse(template, |resource_type| kind(resource_type).is_some()).map(|template| template.declaration())
    }

    fn resolve(&self, template: &str, parameters: &BTreeMap<String, String>, home: &Home) -> Result<Resolved, String> {
        let template = Template::parse(template, |resource_type| kind(resource_type).is_some())?;
        Scope::new(&template, parameters, home)?.resolve()
    }

    fn replacement(&self, before: &Resource, after: &Resource) -> Option<String> {
        let kind = kind(&after.resource_type)?;
        let properties = |resource: &Resource| match typed(resource, kind.properties()) {
            Ok(typed) => typed.properties,
            Err(_) => resource.properties.clone(),
        };
        kind.replacement(&properties(before), &properties(after))
    }

    async fn create(&self, workplace: &Workplace, resource: &Resource) -> Result<Option<String>, Refusal> {
        let kind = known(resource)?;
        let resource = typed(resource, kind.properties())?;
        let site = Site::new(workplace);
        if !kind.is_part() && kind.exists(&site, &resource).await? {
            let Resource { resource_type, physical_id, .. } = &resource;
            let message = format!("Resource of type '{resource_type}' with identifier '{physical_id}' already exists.");
            return Err(Refusal::new("AlreadyExists", message));
        }
        match kind.create(&site, &resource).await {
            Ok(physical_id) => Ok(physical_id),
            // What came into being in between is another's.
            Err(refusal) if refusal.handler_code() == "AlreadyExists" => Err(refusal),
            Err(refusal) => Err(Refusal { exists: kind.exists(&site, &resource).await.unwrap_or(false), ..refusal }),
        }
    }

    async fn update(&self, workplace: &Workplace, before: &Resource, after: &Resource) -> Result<(), Refusal> {
        let kind = known(after)?;
        let after = typed(after, kind.properties())?;
        // On the way back from an update whose properties were wrong they are what it was to be.
        let before = typed(before, kind.properties()).unwrap_or_else(|_| before.clone());
        let site = Site::new(workplace);
        if !kind.is_part() && !kind.exists(&site, &after).await? {
            let Resource { resource_type, physical_id, .. } = &after;
            let message = format!("Resource of type '{resource_type}' with identifier '{physical_id}' was not found.");
            return Err(Refusal::new("NotFound", message));
        }
        kind.update(&site, &before, &after).await
    }

    async fn delete(&self, workplace: &Workplace, resource: &Resource) -> Result<(), Refusal> {
        let kind = known(resource)?;
        let resource = typed(resource, kind.properties()).unwrap_or_else(|_| resource.clone());
        kind.delete(&Site::new(workplace), &resource).await
    }
}
