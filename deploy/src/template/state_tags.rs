//! What a stack remembers of its last deployment, as tags: there is no file of its state.
//!
//! All of it follows from the finished template alone, so either engine writes the same, in every account.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Desired, Inputs, Naming, Place, SUBSCRIPTION, Template, TemplateError};

/// Digest of the properties that a resource was given the last time.
pub const APPLIED_TAG: &str = "incidentctl:applied";
/// Key of the zip that a function was given the last time.
pub const CODE_TAG: &str = "incidentctl:code";
/// On the handler: digest of all resources that take no tags, and of which others there were.
pub const PARTS_TAG: &str = "incidentctl:applied-parts";
/// What of a shared resource the stack put there, so that it can be taken away again and nothing else is.
pub const OWNS_TAG: &str = "incidentctl:owns";
/// On a function: unique id of the role that it was given. Only the direct engine writes it, because the id is known
/// when the role exists.
pub const ROLE_TAG: &str = "incidentctl:role-id";
/// On the topic, with a logical id at the end: a subscription that the stack made. Only the direct engine writes it;
/// CloudFormation has the template of the last deployment.
pub const MADE_TAG: &str = "incidentctl:made:";
/// The function that bears [`PARTS_TAG`].
pub const HANDLER: &str = "IncidentHandler";

const MARKS: [&str; 4] = [APPLIED_TAG, CODE_TAG, PARTS_TAG, OWNS_TAG];
/// The code and what follows from it have a mark of their own.
const CODE: [&str; 2] = ["Code", "Architectures"];
/// Lists that others may add to, and what tells their members apart.
const SHARED: [(&str, &str); 4] =
    [("Tags", "Key"), ("Policies", "PolicyName"), ("Targets", "Id"), ("GlobalSecondaryIndexes", "IndexName")];
/// The longest value that AWS takes for a tag.
const LONGEST: usize = 256;

/// Tags and their values.
type StateTags = Vec<(&'static str, String)>;

/// The marks of every resource that takes tags, by logical id. Nothing of the place goes into them: the template is
/// resolved for one that does not exist.
///
/// # Errors
/// A template that cannot be resolved.
pub(super) fn state_tags(template: &Template, naming: Naming) -> Result<BTreeMap<String, StateTags>, TemplateError> {
    let place = Place::new("stack", "000000000000", "us-east-1", None);
    let stack = template.resolve(&Inputs { place, parameters: BTreeMap::new() }, naming)?;
    let mut state_tags: BTreeMap<String, StateTags> = BTreeMap::new();
    for desired in stack.resources.iter().filter(|desired| takes_tags(desired)) {
        let of_resource = vec![(APPLIED_TAG, digest(&own(desired), 12)), (OWNS_TAG, owns(&desired.properties))];
        state_tags.insert(desired.logical_id.clone(), of_resource);
    }
    if let Some(of_handler) = state_tags.get_mut(HANDLER) {
        of_handler.push((PARTS_TAG, digest(&parts(&stack.resources), 12)));
    }
    Ok(state_tags)
}

/// The paths of what a resource with these properties shares with others, by the digest that [`OWNS_TAG`] lists.
pub fn paths(properties: &Value) -> BTreeMap<String, String> {
    let mut paths = Vec::new();
    for (name, value) in properties.as_object().into_iter().flatten() {
        match SHARED.iter().find(|(list, _)| list == name) {
            Some((_, identity)) => {
                let members = value.as_array().into_iter().flatten();
                let names = members.filter_map(|member| member.get(*identity)?.as_str());
                paths.extend(names.map(|member| format!("{name}[{member}]")));
            }
            None => {
                let parts = value.as_object().filter(|_| name.ends_with("Specification"));
                paths.extend(parts.into_iter().flatten().map(|(part, _)| format!("{name}.{part}")));
                paths.push(name.clone());
            }
        }
    }
    paths.into_iter().map(|path| (digest(&Value::from(path.as_str()), 6), path)).collect()
}

/// As many digests as a tag holds; what does not fit is never taken away.
fn owns(properties: &Value) -> String {
    let digests: Vec<String> = paths(properties).into_keys().collect();
    let mut text = digests.join(".");
    text.truncate(LONGEST - LONGEST % 7 - 1);
    text
}

fn takes_tags(desired: &Desired) -> bool {
    desired.properties.get("Tags").is_some()
}

/// A resource without its code and without marks.
fn own(desired: &Desired) -> Value {
    let mut properties = desired.properties.as_object().cloned().unwrap_or_default();
    properties.retain(|name, _| !CODE.contains(&name.as_str()));
    if let Some(tags) = properties.get_mut("Tags").and_then(Value::as_array_mut) {
        tags.retain(|tag| tag.get("Key").and_then(Value::as_str).is_none_or(|key| !MARKS.contains(&key)));
    }
    Value::Object(properties)
}

/// Addresses are chosen anew with every deployment, so subscriptions do not count.
fn parts(resources: &[Desired]) -> Value {
    let counting = resources.iter().filter(|desired| desired.resource_type != SUBSCRIPTION);
    let part = |desired: &Desired| match takes_tags(desired) {
        true => (desired.logical_id.clone(), Value::Null),
        false => (desired.logical_id.clone(), desired.properties.clone()),
    };
    Value::Object(counting.map(part).collect())
}

/// The first hexadecimal digits of the SHA-256 of a value, whatever the order of its keys.
pub(super) fn digest(value: &Value, digits: usize) -> String {
    let hash = Sha256::digest(ordered(value).to_string());
    let mut text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    text
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (key.clone(), ordered(value))).collect();
            Value::Object(Map::from_iter(entries))
        }
        Value::Array(items) => items.iter().map(ordered).collect(),
        scalar => scalar.clone(),
    }
}
