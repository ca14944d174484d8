//! Identity and Access Management: roles, their policies and sessions.
//!
//! Changes propagate as on AWS: until [`LatencyProfile::role_propagation`](crate::config::LatencyProfile) has passed, a
//! new role cannot be assumed and a changed policy is not in force. Reads return the new state at once.

mod access;
mod attachments;
mod authority;
mod inline;
mod managed;
mod names;
mod paging;
mod propagation;
mod render;
mod roles;
mod sessions;
mod simulate;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod validation;

use crate::{ApiError, Call, Cloud, Output};

pub use access::authorization;
pub use authority::{authorize, can_be_assumed, role_arn_of};
pub(crate) use authority::{max_session, role_id_of, trusts};
pub(crate) use sessions::{Key, Session, key, open_session};
pub use sessions::{SessionCredentials, principal_of, service_session};
pub use store::Iam;
pub(crate) use tags::mark;

/// Handles a call.
///
/// # Errors
/// AWS's codes and messages.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "CreateRole" => roles::create(cloud, call),
        "GetRole" => roles::get(cloud, call),
        "ListRoles" => roles::list(cloud, call),
        "UpdateRole" => roles::update(cloud, call),
        "UpdateRoleDescription" => roles::update_description(cloud, call),
        "UpdateAssumeRolePolicy" => roles::update_trust(cloud, call),
        "DeleteRole" => roles::delete(cloud, call),
        "PutRolePermissionsBoundary" => roles::put_boundary(cloud, call),
        "DeleteRolePermissionsBoundary" => roles::delete_boundary(cloud, call),
        "ListInstanceProfilesForRole" => roles::list_instance_profiles(cloud, call),
        "PutRolePolicy" => inline::put(cloud, call),
        "GetRolePolicy" => inline::get(cloud, call),
        "DeleteRolePolicy" => inline::delete(cloud, call),
        "ListRolePolicies" => inline::list(cloud, call),
        "AttachRolePolicy" => attachments::attach(cloud, call),
        "DetachRolePolicy" => attachments::detach(cloud, call),
        "ListAttachedRolePolicies" => attachments::list(cloud, call),
        "ListEntitiesForPolicy" => attachments::list_entities(cloud, call),
        "CreatePolicy" => managed::create(cloud, call),
        "GetPolicy" => managed::get(cloud, call),
        "DeletePolicy" => managed::delete(cloud, call),
        "ListPolicies" => managed::list(cloud, call),
        "CreatePolicyVersion" => managed::create_version(cloud, call),
        "GetPolicyVersion" => managed::get_version(cloud, call),
        "ListPolicyVersions" => managed::list_versions(cloud, call),
        "SetDefaultPolicyVersion" => managed::set_default_version(cloud, call),
        "DeletePolicyVersion" => managed::delete_version(cloud, call),
        "TagRole" => tags::tag_role(cloud, call),
        "UntagRole" => tags::untag_role(cloud, call),
        "ListRoleTags" => tags::list_role(cloud, call),
        "TagPolicy" => tags::tag_policy(cloud, call),
        "UntagPolicy" => tags::untag_policy(cloud, call),
        "ListPolicyTags" => tags::list_policy(cloud, call),
        "SimulatePrincipalPolicy" => simulate::principal(cloud, call),
        "GetUser" => Ok(render::root_user(cloud)),
        "GetAccountSummary" => Ok(render::summary(cloud)),
        "ListAccountAliases" => Ok(paging::whole("AccountAliases", Vec::new())),
        operation => Err(ApiError::not_implemented("iam", operation)),
    }
}
