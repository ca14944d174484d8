//! Who may assume a role, and the permissions of its sessions.

use std::time::Duration;

use super::store::{Inner, Role, propagation};
use crate::arn::Arn;
use crate::policy::{Decision, Denied, Need, Policy, Requester};
use crate::{ApiError, Cloud, Principal};

/// A role's ARN, if it exists.
pub fn role_arn_of(cloud: &Cloud, role_name: &str) -> Option<String> {
    cloud.iam.lock().role(role_name).ok().map(|role| role.arn.clone())
}

/// A role's unique id, if it exists.
pub(crate) fn role_id_of(cloud: &Cloud, role_name: &str) -> Option<String> {
    cloud.iam.lock().role(role_name).ok().map(|role| role.id.clone())
}

/// A role's maximum session duration, if it exists.
pub(crate) fn max_session(cloud: &Cloud, role_arn: &str) -> Option<Duration> {
    let iam = cloud.iam.lock();
    role_by_arn(&iam, role_arn).map(|role| Duration::from_secs(role.max_session_seconds.unsigned_abs()))
}

/// Whether a service can assume a role now.
///
/// # Errors
/// `AccessDenied` when the role does not exist, has not propagated, or does not trust the service; callers return their
/// own code and message.
pub fn can_be_assumed(cloud: &Cloud, role_arn: &str, service_principal: &str) -> Result<(), ApiError> {
    let need = Need::new("sts:AssumeRole", role_arn);
    trusts(cloud, role_arn, &Principal::Service(service_principal.to_owned()), &need)
}

/// Whether a role's trust policy in force admits a principal.
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

/// Finds a role by ARN, path included.
pub(super) fn role_by_arn<'a>(iam: &'a Inner, role_arn: &str) -> Option<&'a Role> {
    let name = Arn::parse(role_arn)?.resource.rsplit('/').next()?;
    iam.role(name).ok().filter(|role| role.arn == role_arn)
}

/// Whether a principal's identity policies allow a call.
///
/// # Errors
/// When a policy denies it or none allows it.
pub fn authorize(cloud: &Cloud, principal: &Principal, need: &Need) -> Result<(), Denied> {
    let no_policy = || Denied::new(principal, need, &unallowed(need));
    match principal {
        // For services, the resource policy decides.
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
    match bounded(iam, role, delay, &requester, need, Decision::Allow) {
        Decision::Allow => Ok(()),
        Decision::Deny => Err(Denied::new(principal, need, "with an explicit deny in a permissions boundary")),
        Decision::NoMatch => {
            let reason = format!("because no permissions boundary allows the {} action", need.action);
            Err(Denied::new(principal, need, &reason))
        }
    }
}

/// What a role's permissions boundary, if it has one, leaves of its policies' decision.
pub(super) fn bounded(
    iam: &Inner,
    role: &Role,
    delay: Duration,
    requester: &Requester,
    need: &Need,
    decision: Decision,
) -> Decision {
    let Some(boundary) = role.boundary.as_ref().filter(|_| decision == Decision::Allow) else { return decision };
    let boundary = iam.managed_in_force(boundary, delay);
    boundary.map_or(Decision::NoMatch, |boundary| boundary.evaluate(requester, need))
}

fn unallowed(need: &Need) -> String {
    format!("because no identity-based policy allows the {} action", need.action)
}

/// A role's identity policies in force.
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

/// The combined decision of several policies: any `Deny`, then any `Allow`.
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
