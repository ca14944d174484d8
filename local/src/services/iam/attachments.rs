//! Managed policies attached to roles.

use super::propagation::Propagating;
use super::store::{Inner, no_such_entity};
use super::validation::required;
use super::{managed, paging};
use crate::{ApiError, Call, Cloud, Output};

/// AWS's default quota.
const MAX_ATTACHED: usize = 10;

pub(super) fn attach(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy_arn = required(&call.input, "PolicyArn")?;
    let mut iam = cloud.iam.lock();
    let known = managed::exists(&iam, policy_arn);
    let role = iam.role_mut(required(&call.input, "RoleName")?)?;
    if !known {
        return Err(no_such_entity(format!("Policy {policy_arn} does not exist or is not attachable.")));
    }
    if role.attached.len() >= MAX_ATTACHED && !role.attached.contains_key(policy_arn) {
        let message = format!("Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}");
        return Err(ApiError::new("LimitExceeded", message).with_status(409));
    }
    role.attached.entry(policy_arn.to_owned()).or_insert_with(|| Propagating::new(()));
    Ok(Output::empty())
}

pub(super) fn detach(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy_arn = required(&call.input, "PolicyArn")?;
    let mut iam = cloud.iam.lock();
    let role = iam.role_mut(required(&call.input, "RoleName")?)?;
    match role.attached.remove(policy_arn) {
        Some(_) => Ok(Output::empty()),
        None => Err(no_such_entity(format!("Policy {policy_arn} was not found."))),
    }
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let iam = cloud.iam.lock();
    let role = iam.role(required(&call.input, "RoleName")?)?;
    let policies = role.attached.keys().map(|arn| {
        Output::structure([
            ("PolicyName", Some(arn.rsplit('/').next().unwrap_or_default().into())),
            ("PolicyArn", Some(arn.as_str().into())),
        ])
    });
    paging::page(&call.input, "AttachedPolicies", policies.collect())
}

pub(super) fn list_entities(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let policy_arn = required(&call.input, "PolicyArn")?;
    let iam = cloud.iam.lock();
    if !managed::exists(&iam, policy_arn) {
        return Err(no_such_entity(format!("Policy {policy_arn} was not found.")));
    }
    let roles = iam.roles.values().filter(|role| role.attached.contains_key(policy_arn)).map(|role| {
        Output::structure([("RoleName", Some(role.name.as_str().into())), ("RoleId", Some(role.id.as_str().into()))])
    });
    let roles = roles.collect();
    Ok(Output::structure([
        ("PolicyGroups", Some(Output::List(Vec::new()))),
        ("PolicyUsers", Some(Output::List(Vec::new()))),
        ("PolicyRoles", Some(Output::List(roles))),
        ("IsTruncated", Some(false.into())),
    ]))
}

/// Number of roles a policy is attached to.
pub(super) fn count(iam: &Inner, policy_arn: &str) -> usize {
    iam.roles.values().filter(|role| role.attached.contains_key(policy_arn)).count()
}
