//! Tags of roles and policies.

use indexmap::IndexMap;

use super::store::Inner;
use super::validation::{check_tag_count, required};
use super::{paging, render, validation};
use crate::{ApiError, Call, Cloud, Output};

type Tags = IndexMap<String, String>;

pub(super) fn tag_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let added = validation::role_tags(&call.input)?;
    let mut iam = cloud.iam.lock();
    let tags = role_tags(&mut iam, call)?;
    let is_replaced = |key: &String| added.keys().any(|other| other.to_lowercase() == key.to_lowercase());
    let kept = tags.iter().filter(|(key, _)| !is_replaced(key)).map(|(key, value)| (key.clone(), value.clone()));
    set(tags, kept.chain(added.clone()).collect())
}

pub(super) fn untag_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let keys: Vec<String> = call.input.texts("TagKeys").iter().map(|key| key.to_lowercase()).collect();
    role_tags(&mut cloud.iam.lock(), call)?.retain(|key, _| !keys.contains(&key.to_lowercase()));
    Ok(Output::empty())
}

pub(super) fn list_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    list(role_tags(&mut cloud.iam.lock(), call)?)
}

pub(super) fn tag_policy(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let added = validation::policy_tags(&call.input)?;
    let mut iam = cloud.iam.lock();
    let tags = policy_tags(&mut iam, call)?;
    let mut all = tags.clone();
    all.extend(added);
    set(tags, all)
}

pub(super) fn untag_policy(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Ok(remove(policy_tags(&mut cloud.iam.lock(), call)?, call))
}

pub(super) fn list_policy(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    list(policy_tags(&mut cloud.iam.lock(), call)?)
}

fn role_tags<'a>(iam: &'a mut Inner, call: &Call) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut iam.role_mut(required(&call.input, "RoleName")?)?.tags)
}

fn policy_tags<'a>(iam: &'a mut Inner, call: &Call) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut iam.policy_mut(required(&call.input, "PolicyArn")?)?.tags)
}

fn set(current: &mut Tags, all: Tags) -> Result<Output, ApiError> {
    check_tag_count(&all)?;
    *current = all;
    Ok(Output::empty())
}

fn remove(current: &mut Tags, call: &Call) -> Output {
    for key in call.input.texts("TagKeys") {
        current.shift_remove(&key);
    }
    Output::empty()
}

/// At most fifty, so one page suffices.
fn list(tags: &Tags) -> Result<Output, ApiError> {
    match render::tags(tags) {
        Output::List(elements) => Ok(paging::whole("Tags", elements)),
        other => Ok(other),
    }
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, role_name: &str, tags: [(String, String); 3]) {
    if let Ok(role) = cloud.iam.lock().role_mut(role_name) {
        role.tags.extend(tags);
    }
}
