//! A stack and all that is remembered of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use super::change_set::ChangeSet;
use super::provisioner::{Home, Resource};
use super::status::Status;
use crate::config::ACCOUNT;
use crate::{Cloud, arn};

/// What a stack is made from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Blueprint {
    pub(super) template: String,
    pub(super) description: Option<String>,
    /// Every parameter of the template with its value.
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) capabilities: Vec<String>,
    /// What should exist, with the stack's tags.
    pub(super) resources: Vec<Resource>,
    pub(super) outputs: Vec<(String, String)>,
}

/// A resource that a stack made or tries to make.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) resource: Resource,
    pub(super) physical_id: String,
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
    /// Whether there is something to delete.
    pub(super) exists: bool,
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) logical_id: String,
    pub(super) physical_id: String,
    pub(super) resource_type: String,
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    pub(super) properties: Option<Value>,
    pub(super) token: Option<String>,
    pub(super) at: Timestamp,
}

/// A stack.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Option<Timestamp>,
    pub(super) deleted: Option<Timestamp>,
    /// What it was made from last.
    pub(super) blueprint: Blueprint,
    /// What an update comes from, until it is over.
    pub(super) previous: Option<Blueprint>,
    pub(super) disable_rollback: bool,
    pub(super) termination_protection: bool,
    pub(super) members: IndexMap<String, Member>,
    /// Resources that an update put others in the place of, until they are removed.
    pub(super) replaced: Vec<Member>,
    /// Resources that had taken the place of others before an update was rolled back, until they are removed.
    pub(super) discarded: Vec<Member>,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    pub(super) change_sets: Vec<ChangeSet>,
    pub(super) executed_change_set: Option<String>,
    /// Token of the operation that runs or ran last.
    pub(super) token: Option<String>,
    /// Told when the operation that runs is to stop.
    pub(super) cancel: watch::Sender<bool>,
    /// Held by the operation that runs; the next one waits for it.
    pub(super) turn: Arc<Mutex<()>>,
}

impl Member {
    /// A resource with this one's physical id, where only the service knew it.
    pub(super) fn identified(&self, resource: &Resource) -> Resource {
        match resource.physical_id.as_str() {
            "" => Resource { physical_id: self.physical_id.clone(), ..resource.clone() },
            _ => resource.clone(),
        }
    }
}

impl Stack {
    /// A stack of which nothing exists yet.
    pub(super) fn new(name: &str, region: &str, now: Timestamp) -> Self {
        Self {
            id: arn::local("cloudformation", region, &format!("stack/{name}/{}", uuid::Uuid::new_v4())),
            name: name.to_owned(),
            region: region.to_owned(),
            status: Status::ReviewInProgress,
            reason: None,
            created: now,
            updated: None,
            deleted: None,
            blueprint: Blueprint::default(),
            previous: None,
            disable_rollback: false,
            termination_protection: false,
            members: IndexMap::new(),
            replaced: Vec::new(),
            discarded: Vec::new(),
            events: Vec::new(),
            change_sets: Vec::new(),
            executed_change_set: None,
            token: None,
            cancel: watch::Sender::new(false),
            turn: Arc::default(),
        }
    }

    /// Where it lives.
    pub(super) fn home(&self, cloud: &Cloud) -> Home {
        home(cloud, &self.name, &self.id, &self.region)
    }

    /// Enters a state, which is an event.
    pub(super) fn enter(&mut self, status: Status, reason: Option<&str>, now: Timestamp) {
        self.status = status;
        self.reason = reason.map(str::to_owned);
        if status == Status::DeleteComplete {
            self.deleted = Some(now);
        }
        self.events.push(Event {
            id: uuid::Uuid::new_v4().to_string(),
            logical_id: self.name.clone(),
            physical_id: self.id.clone(),
            resource_type: "AWS::CloudFormation::Stack".to_owned(),
            status: status.name(),
            reason: self.reason.clone(),
            properties: None,
            token: self.token.clone(),
            at: now,
        });
    }

    /// Tells what happens to a resource, which is an event.
    pub(super) fn tell(&mut self, logical_id: &str, status: &'static str, reason: Option<&str>, now: Timestamp) {
        let Some(member) = self.members.get_mut(logical_id) else { return };
        member.status = status;
        member.reason = reason.map(str::to_owned);
        member.at = now;
        let member = member.clone();
        self.tell_of(&member, status, reason, now);
    }

    /// Tells what happens to a resource that may not be the stack's any more.
    pub(super) fn tell_of(&mut self, member: &Member, status: &'static str, reason: Option<&str>, now: Timestamp) {
        let logical_id = member.resource.logical_id.clone();
        self.events.push(Event {
            id: format!("{logical_id}-{}", uuid::Uuid::new_v4()),
            logical_id,
            physical_id: member.physical_id.clone(),
            resource_type: member.resource.resource_type.clone(),
            status,
            reason: reason.map(str::to_owned),
            properties: Some(member.resource.properties.clone()),
            token: self.token.clone(),
            at: now,
        });
    }

    /// Begins an operation, and stops the one that runs. What it hands out is told when this one is to stop.
    pub(super) fn begin(&mut self, token: Option<String>) -> watch::Receiver<bool> {
        let _ = self.cancel.send(true);
        self.token = token;
        self.cancel = watch::Sender::new(false);
        self.cancel.subscribe()
    }

    /// Takes over what the blueprint says of resources beside their properties.
    pub(super) fn adopt_blueprint(&mut self) {
        for resource in &self.blueprint.resources {
            if let Some(member) = self.members.get_mut(&resource.logical_id) {
                member.resource = resource.clone();
            }
        }
    }

    /// Puts replaced resources back in their places.
    pub(super) fn restore_replaced(&mut self) {
        for old in std::mem::take(&mut self.replaced) {
            let new = self.members.insert(old.resource.logical_id.clone(), old);
            self.discarded.extend(new.filter(|new| new.exists));
        }
    }

    /// Takes a resource for what it should be without looking.
    pub(super) fn take_for(&mut self, resource: &Resource, now: Timestamp) {
        if let Some(member) = self.members.get_mut(&resource.logical_id) {
            member.resource = resource.clone();
            self.tell(&resource.logical_id, "UPDATE_COMPLETE", None, now);
        }
    }

    /// A change set by name or ARN.
    pub(super) fn change_set(&self, name: &str) -> Option<&ChangeSet> {
        self.change_sets.iter().find(|set| set.name == name || set.id == name)
    }

    /// A change set by name or ARN, to be changed.
    pub(super) fn change_set_mut(&mut self, name: &str) -> Option<&mut ChangeSet> {
        self.change_sets.iter_mut().find(|set| set.name == name || set.id == name)
    }
}

/// Where a stack of this name and ARN lives.
pub(super) fn home(cloud: &Cloud, name: &str, id: &str, region: &str) -> Home {
    Home {
        endpoint: cloud.endpoint.clone(),
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        stack: name.to_owned(),
        stack_id: id.to_owned(),
    }
}

/// The types that take a list of tags.
const TAGGABLE: [&str; 8] = [
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];

/// Whether resources of a type carry tags.
pub(super) fn is_taggable(resource_type: &str) -> bool {
    TAGGABLE.contains(&resource_type)
}

/// Gives every resource that takes tags those of the stack; its own win.
pub(super) fn spread_tags(resources: &mut [Resource], tags: &BTreeMap<String, String>) {
    for resource in resources.iter_mut().filter(|resource| is_taggable(&resource.resource_type)) {
        let Some(properties) = resource.properties.as_object_mut() else { continue };
        let own = properties.entry("Tags").or_insert_with(|| json!([]));
        let Some(own) = own.as_array_mut() else { continue };
        for (key, value) in tags {
            if !own.iter().any(|tag| tag.get("Key").and_then(Value::as_str) == Some(key)) {
                own.push(json!({"Key": key, "Value": value}));
            }
        }
    }
}

/// A name that CloudFormation makes up: stack, logical id, twelve random characters.
pub(super) fn made_up_name(stack: &str, logical_id: &str) -> String {
    let random: String = uuid::Uuid::new_v4().simple().to_string().to_uppercase().chars().take(12).collect();
    format!("{stack}-{logical_id}-{random}")
}
