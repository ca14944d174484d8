//! Role operations.

use std::collections::BTreeMap;

use super::names::{check_name, check_path};
use super::propagation::Propagating;
use super::store::{Inner, Role, key_of, no_such_entity, propagation};
use super::validation::{description, max_session_seconds, reject_unknown, required, role_tags, trust_document};
use super::{managed, paging, render};
use crate::credentials::unique_id;
use crate::{ApiError, Call, Cloud, Output, arn};

/// Default session duration in seconds.
const HOUR: i64 = 3600;

pub(super) fn create(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    reject_unknown(
        input,
        &[
            "RoleName",
            "Path",
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Tags",
        ],
    )?;
    let name = required(input, "RoleName")?;
    check_name("roleName", name, 64)?;
    let path = input.text("Path").filter(|path| !path.is_empty()).unwrap_or("/");
    check_path(path)?;
    let trust = trust_document(required(input, "AssumeRolePolicyDocument")?)?;
    let max_session_seconds = max_session_seconds(input)?.unwrap_or(HOUR);
    let role = Role {
        name: name.to_owned(),
        path: path.to_owned(),
        id: unique_id("AROA"),
        arn: arn::local("iam", "", &format!("role{path}{name}")),
        created: cloud.clock.now(),
        description: description(input)?,
        max_session_seconds,
        trust: Propagating::new(trust),
        inline: BTreeMap::new(),
        attached: BTreeMap::new(),
        boundary: input.text("PermissionsBoundary").map(str::to_owned),
        tags: role_tags(input)?,
    };
    let mut iam = cloud.iam.lock();
    if let Some(boundary) = &role.boundary {
        check_boundary(&iam, boundary)?;
    }
    if iam.roles.contains_key(&key_of(name)) {
        let message = format!("Role with name {name} already exists.");
        return Err(ApiError::new("EntityAlreadyExists", message).with_status(409));
    }
    let reply = render::role(&role, false);
    iam.roles.insert(key_of(name), role);
    Ok(Output::structure([("Role", Some(reply))]))
}

pub(super) fn get(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let iam = cloud.iam.lock();
    let role = iam.role(required(&call.input, "RoleName")?)?;
    Ok(Output::structure([("Role", Some(render::role(role, false)))]))
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let prefix = call.input.text("PathPrefix").unwrap_or("/");
    let iam = cloud.iam.lock();
    let roles = iam.roles.values().filter(|role| role.path.starts_with(prefix));
    paging::page(&call.input, "Roles", roles.map(|role| render::role(role, true)).collect())
}

pub(super) fn update(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    reject_unknown(input, &["RoleName", "Description", "MaxSessionDuration"])?;
    let (seconds, text) = (max_session_seconds(input)?, description(input)?);
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(required(input, "RoleName")?)?;
    role.max_session_seconds = seconds.unwrap_or(role.max_session_seconds);
    if input.get("Description").is_some() {
        role.description = text;
    }
    Ok(Output::empty())
}

pub(super) fn update_description(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let text = description(&call.input)?;
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(required(&call.input, "RoleName")?)?;
    role.description = text;
    Ok(Output::structure([("Role", Some(render::role(role, false)))]))
}

pub(super) fn update_trust(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let trust = trust_document(required(&call.input, "PolicyDocument")?)?;
    let delay = propagation(cloud);
    let mut iam = cloud.iam.lock();
    iam.role_mut(required(&call.input, "RoleName")?)?.trust.change(trust, delay);
    Ok(Output::empty())
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "RoleName")?;
    let mut iam = cloud.iam.lock();
    let role = iam.role(name)?;
    let conflict = |message: &str| Err(ApiError::new("DeleteConflict", message).with_status(409));
    if !role.attached.is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !role.inline.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    iam.roles.remove(&key_of(name));
    Ok(Output::empty())
}

pub(super) fn put_boundary(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let boundary = required(&call.input, "PermissionsBoundary")?.to_owned();
    let mut iam = cloud.iam.lock();
    check_boundary(&iam, &boundary)?;
    iam.role_mut(required(&call.input, "RoleName")?)?.boundary = Some(boundary);
    Ok(Output::empty())
}

pub(super) fn delete_boundary(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(required(&call.input, "RoleName")?)?;
    match role.boundary.take() {
        Some(_) => Ok(Output::empty()),
        None => Err(no_such_entity(format!("Role {} does not have a permissions boundary", role.name))),
    }
}

/// Instance profiles: always empty.
pub(super) fn list_instance_profiles(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    cloud.iam.lock().role(required(&call.input, "RoleName")?)?;
    Ok(paging::whole("InstanceProfiles", Vec::new()))
}

fn check_boundary(iam: &Inner, policy_arn: &str) -> Result<(), ApiError> {
    match managed::exists(iam, policy_arn) {
        true => Ok(()),
        false => Err(no_such_entity(format!("Scope ARN: {policy_arn} does not exist or is not attachable."))),
    }
}
