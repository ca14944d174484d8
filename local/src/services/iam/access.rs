//! The permissions that IAM's own operations require.

use super::store::Role;
use crate::policy::Need;
use crate::{Call, Cloud, arn};

const BOUNDARY: &str = "iam:PermissionsBoundary";
/// Operations whose request names the boundary that the condition key is about.
const NAMING_BOUNDARY: [&str; 2] = ["CreateRole", "PutRolePermissionsBoundary"];
/// Operations for which the condition key is the boundary that the role has. No other operation on a role has the key,
/// `UpdateAssumeRolePolicy` and `PassRole` included (Service Authorization Reference, AWS IAM).
const OF_BOUNDED_ROLE: [&str; 5] =
    ["AttachRolePolicy", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"];

/// The permissions a call requires.
pub fn authorization(cloud: &Cloud, call: &Call) -> Vec<Need> {
    let text = |name| call.input.text(name);
    let Some(name) = text("RoleName") else {
        return vec![Need::new(format!("iam:{}", call.operation), resource_without_role(call))];
    };
    let iam = cloud.iam.lock();
    let role = iam.role(name).ok();
    let need = Need::new(format!("iam:{}", call.operation), role_arn(call, name, role));
    let boundary = match call.operation.as_str() {
        operation if NAMING_BOUNDARY.contains(&operation) => text("PermissionsBoundary").map(str::to_owned),
        operation if OF_BOUNDED_ROLE.contains(&operation) => role.and_then(|role| role.boundary.clone()),
        _ => None,
    };
    let need = boundary.into_iter().fold(need, |need, boundary| need.with(BOUNDARY, boundary));
    vec![text("PolicyArn").into_iter().fold(need, |need, policy| need.with("iam:PolicyARN", policy))]
}

/// A managed policy, by ARN or by the name and path of a new one.
fn resource_without_role(call: &Call) -> String {
    let text = |name| call.input.text(name);
    match (text("PolicyArn"), text("PolicyName")) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(name)) => arn::local("iam", "", &format!("policy{}{name}", path(call))),
        (None, None) => "*".to_owned(),
    }
}

/// The ARN of an existing role has the role's own path.
fn role_arn(call: &Call, name: &str, role: Option<&Role>) -> String {
    role.map_or_else(|| arn::local("iam", "", &format!("role{}{name}", path(call))), |role| role.arn.clone())
}

fn path(call: &Call) -> &str {
    call.input.text("Path").filter(|path| !path.is_empty()).unwrap_or("/")
}
