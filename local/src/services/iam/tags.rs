//! Tags of roles and policies.

use indexmap::IndexMap;

use super::store::Inner;
use super::validation::{check_tag_count, required, tags};
use super::{paging, render};
use crate::{ApiError, Call, Cloud, Output};

type Tags = IndexMap<String, String>;

pub(super) fn tag_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    add(role_tags(&mut cloud.iam.lock(), call)?, call)
}

pub(super) fn untag_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    Ok(remove(role_tags(&mut cloud.iam.lock(), call)?, call))
}

pub(super) fn list_role(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    list(role_tags(&mut cloud.iam.lock(), call)?)
}

pub(super) fn tag_policy(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    add(policy_tags(&mut cloud.iam.lock(), call)?, call)
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

fn add(current: &mut Tags, call: &Call) -> Result<Output, ApiError> {
    let mut merged = current.clone();
    merged.extend(tags(&call.input)?);
    check_tag_count(&merged)?;
    *current = merged;
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
