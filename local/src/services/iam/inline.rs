//! Inline policies.

use super::names::check_name;
use super::propagation::Propagating;
use super::store::{no_such_entity, propagation};
use super::validation::{inline_document, required};
use super::{paging, render};
use crate::{ApiError, Call, Cloud, Output};

pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "PolicyName")?;
    check_name("policyName", name, 128)?;
    let role_name = required(&call.input, "RoleName")?;
    let document = required(&call.input, "PolicyDocument")?;
    let delay = propagation(cloud);
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(role_name)?;
    let document = inline_document(document)?;
    match role.inline.get_mut(name) {
        // Setting the same text again is not a change: the policy in force stays.
        Some(policy) if policy.current().text == document.text => {}
        Some(policy) => policy.change(document, delay),
        None => _ = role.inline.insert(name.to_owned(), Propagating::new(document)),
    }
    Ok(Output::empty())
}

pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "PolicyName")?;
    let iam = cloud.iam.lock();
    let role = iam.role(required(&call.input, "RoleName")?)?;
    let policy = role.inline.get(name).ok_or_else(|| absent(name))?;
    Ok(Output::structure([
        ("RoleName", Some(role.name.as_str().into())),
        ("PolicyName", Some(name.into())),
        ("PolicyDocument", Some(render::document(policy.current()))),
    ]))
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "PolicyName")?;
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(required(&call.input, "RoleName")?)?;
    role.inline.remove(name).map(|_| Output::empty()).ok_or_else(|| absent(name))
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let iam = cloud.iam.lock();
    let role = iam.role(required(&call.input, "RoleName")?)?;
    paging::page(&call.input, "PolicyNames", role.inline.keys().map(|name| name.as_str().into()).collect())
}

fn absent(name: &str) -> ApiError {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}
