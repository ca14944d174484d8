//! Who may assume a role, and what its sessions may do.

use std::time::Duration;

use super::store::{Inner, Role, propagation};
use crate::arn::Arn;
use crate::policy::{Decision, Denied, Need, Policy, Requester};
use crate::{ApiError, Cloud, Principal};

/// ARN of a role, if it exists.
pub fn role_arn_of(cloud: &Cloud, role_name: &str) -> Option<String> {
    cloud.iam.lock().role(role_name).ok().map(|role| role.arn.clone())
}

/// The unique id of a role, if it exists.
pub(crate) fn role_id_of(cloud: &Cloud, role_name: &str) -> Option<String> {
    cloud.iam.lock().role(role_name).ok().map(|role| role.id.clone())
}

/// The longest session that a role allows, if it exists.
pub(crate) fn max_session(cloud: &Cloud, role_arn: &str) -> Option<Duration> {
    let iam = cloud.iam.lock();
    role_by_arn(&iam, role_arn).map(|role| Duration::from_secs(role.max_session_seconds.unsigned_abs()))
}

/// Whether a service could assume a role now.
///
/// # Errors
/// `AccessDenied` when the role is absent, not yet propagated, or does not trust the service; callers answer with
/// their own code and message.
pub fn can_be_assumed(cloud: &Cloud, role_arn: &str, service_principal: &str) -> Result<(), ApiError> {
    let need = Need::new("sts:AssumeRole", role_arn);
    trusts(cloud, role_arn, &Principal::Service(service_principal.to_owned()), &need)
}

/// Whether the trust policy of a role, as it is in force, lets a principal in.
pub(crate) fn trusts(cloud: &Cloud, role_arn: &str, principal: &Principal, need: &Need) -> Result<(), ApiError> {
    let iam = cloud.iam.lock();
    let decision = role_by_arn(&iam, role_arn)
        .and_then(|role| role.trust.in_force(propagation(cloud)))
        .map(|trust| trust.policy.evaluate(&Requester::local(principal.clone()), need));
    match decision {
        Some(Decision::Allow) => Ok(()),
        _ => Err(ApiError::new(
            "AccessDenied",
            format!("User: {} is not authorized to perform: {} on resource: {role_arn}", principal.arn(), need.action),
        )
        .with_status(403)),
    }
}

/// A role by its whole ARN, path included.
pub(super) fn role_by_arn<'a>(iam: &'a Inner, role_arn: &str) -> Option<&'a Role> {
    let name = Arn::parse(role_arn)?.resource.rsplit('/').next()?;
    iam.role(name).ok().filter(|role| role.arn == role_arn)
}

/// Whether the identity policies of a principal allow what a call needs.
///
/// # Errors
/// When a policy denies it or none allows it.
pub fn authorize(cloud: &Cloud, principal: &Principal, need: &Need) -> Result<(), Denied> {
    let no_policy = || Denied::new(principal, need, &unallowed(need));
    match principal {
        // What services may do on their own is decided by the policies of the resource.
        Principal::Root | Principal::Service(_) => Ok(()),
        Principal::Anonymous => Err(no_policy()),
        Principal::Role { role_name, .. } => {
            let iam = cloud.iam.lock();
            let role = iam.role(role_name).map_err(|_| no_policy())?;
            authorize_role(&iam, role, propagation(cloud), principal, need)
        }
    }
}

fn authorize_role(iam: &Inner, role: &Role, delay: Duration, principal: &Principal, need: &Need) -> Result<(), Denied> {
    let requester = Requester::local(principal.clone());
    match decide(&policies_in_force(iam, role, delay), &requester, need) {
        Decision::Allow => {}
        Decision::Deny => {
            return Err(Denied::new(principal, need, "with an explicit deny in an identity-based policy"));
        }
        Decision::NoMatch => return Err(Denied::new(principal, need, &unallowed(need))),
    }
    let Some(boundary) = &role.boundary else { return Ok(()) };
    let boundary: Vec<Policy> = iam.managed_in_force(boundary, delay).into_iter().collect();
    match decide(&boundary, &requester, need) {
        Decision::Allow => Ok(()),
        Decision::Deny => Err(Denied::new(principal, need, "with an explicit deny in a permissions boundary")),
        Decision::NoMatch => {
            let reason = format!("because no permissions boundary allows the {} action", need.action);
            Err(Denied::new(principal, need, &reason))
        }
    }
}

fn unallowed(need: &Need) -> String {
    format!("because no identity-based policy allows the {} action", need.action)
}

/// All identity policies of a role that hold now.
pub(super) fn policies_in_force(iam: &Inner, role: &Role, delay: Duration) -> Vec<Policy> {
    let inline =
        role.inline.values().filter_map(|policy| policy.in_force(delay)).map(|document| document.policy.clone());
    let attached = role
        .attached
        .iter()
        .filter(|(_, attachment)| attachment.in_force(delay).is_some())
        .filter_map(|(policy_arn, _)| iam.managed_in_force(policy_arn, delay));
    inline.chain(attached).collect()
}

/// What several policies say together: any denial, then any permission.
pub(super) fn decide(policies: &[Policy], requester: &Requester, need: &Need) -> Decision {
    let mut together = Decision::NoMatch;
    for policy in policies {
        match policy.evaluate(requester, need) {
            Decision::Deny => return Decision::Deny,
            Decision::Allow => together = Decision::Allow,
            Decision::NoMatch => {}
        }
    }
    together
}
