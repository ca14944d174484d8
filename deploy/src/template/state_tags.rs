//! State tags: a stack's record of its last deployment, in place of a state file.
//!
//! They derive from the finished template alone, so both engines write the same values, in every account.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Desired, Inputs, Naming, Place, SUBSCRIPTION, Template, TemplateError};

/// Digest of the properties of a resource at its last deployment.
pub const APPLIED_TAG: &str = "incidentctl:applied";
/// Key of a function's zip at its last deployment.
pub const CODE_TAG: &str = "incidentctl:code";
/// On the handler: digest of all untaggable resources, and of the list of the others.
pub const PARTS_TAG: &str = "incidentctl:applied-parts";
/// The parts of a shared resource that the stack set, so that it can remove these and nothing else.
pub const OWNS_TAG: &str = "incidentctl:owns";
/// On a function: unique id of its role. Only the direct engine writes it, because the id is unknown until the role
/// exists.
pub const ROLE_TAG: &str = "incidentctl:role-id";
/// On the topic, followed by a logical id: a subscription that the stack created. Only the direct engine writes it;
/// CloudFormation has the template of the last deployment.
pub const MADE_TAG: &str = "incidentctl:made:";
/// The function that bears [`PARTS_TAG`].
pub const HANDLER: &str = "IncidentHandler";

const STATE_TAGS: [&str; 4] = [APPLIED_TAG, CODE_TAG, PARTS_TAG, OWNS_TAG];
/// The code and its architecture have a tag of their own.
const CODE: [&str; 2] = ["Code", "Architectures"];
/// Lists to which others may add, with the key that identifies members.
const SHARED: [(&str, &str); 4] =
    [("Tags", "Key"), ("Policies", "PolicyName"), ("Targets", "Id"), ("GlobalSecondaryIndexes", "IndexName")];
/// Maximum length of a tag value in AWS.
const LONGEST: usize = 256;

/// Tags and their values.
type StateTags = Vec<(&'static str, String)>;

/// The state tags of every taggable resource, by logical id. They are independent of the place: the template is
/// resolved for a fictitious one.
///
/// # Errors
/// A template that cannot be resolved.
pub(super) fn state_tags(template: &Template, naming: Naming) -> Result<BTreeMap<String, StateTags>, TemplateError> {
    let place = Place::new("stack", "000000000000", "us-east-1", None);
    let stack = template.resolve(&Inputs { place, parameters: BTreeMap::new() }, naming)?;
    let mut state_tags: BTreeMap<String, StateTags> = BTreeMap::new();
    for desired in stack.resources.iter().filter(|desired| takes_tags(desired)) {
        let of_resource = vec![(APPLIED_TAG, digest(&declared(desired), 12)), (OWNS_TAG, owns(&desired.properties))];
        state_tags.insert(desired.logical_id.clone(), of_resource);
    }
    if let Some(of_handler) = state_tags.get_mut(HANDLER) {
        of_handler.push((PARTS_TAG, digest(&parts(&stack.resources), 12)));
    }
    Ok(state_tags)
}

/// The shared paths of a resource with these properties, by the digest that [`OWNS_TAG`] lists.
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

/// As many digests as a tag holds; parts beyond that are never removed.
fn owns(properties: &Value) -> String {
    let digests: Vec<String> = paths(properties).into_keys().collect();
    let mut text = digests.join(".");
    text.truncate(LONGEST - LONGEST % 7 - 1);
    text
}

fn takes_tags(desired: &Desired) -> bool {
    desired.properties.get("Tags").is_some()
}

/// A resource without its code and state tags.
fn declared(desired: &Desired) -> Value {
    let mut properties = desired.properties.as_object().cloned().unwrap_or_default();
    properties.retain(|name, _| !CODE.contains(&name.as_str()));
    if let Some(tags) = properties.get_mut("Tags").and_then(Value::as_array_mut) {
        tags.retain(|tag| tag.get("Key").and_then(Value::as_str).is_none_or(|key| !STATE_TAGS.contains(&key)));
    }
    Value::Object(properties)
}

/// Every deployment chooses its addresses, so subscriptions do not count.
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
