//! A permissions boundary for the roles of a stack, and what a deployer's policy says about it.

use std::collections::BTreeMap;

use incident_deploy::resources;
use incident_deploy::template::{self, Inputs, Place, Template, TemplateError};
use serde_json::{Value, json};

use super::document::{Condition, Effect, Statement};

/// The condition key that limits what is done to a role to roles with this boundary.
pub const BOUNDARY: &str = "iam:PermissionsBoundary";

/// The deployer's actions that take [`BOUNDARY`] (Service Authorization Reference, AWS IAM). Others on roles, such as
/// `iam:UpdateAssumeRolePolicy` and `iam:PassRole`, do not: a condition on it would never hold.
const ON_BOUNDED_ROLES: [&str; 4] =
    ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"];
/// What takes a boundary off a role.
pub(super) const UNBINDING: &str = "iam:DeleteRolePermissionsBoundary";
/// What would change the boundary under the roles.
const WIDENING: [&str; 4] =
    ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"];

/// The ARN under which a stack's boundary is expected, unless the settings name another.
pub fn default_arn(place: &Place) -> String {
    place.global_arn("iam", &format!("policy/{}-boundary-{}", place.stack, place.region))
}

/// A boundary with all that the roles of the template may do, and nothing else.
///
/// # Errors
/// If the template cannot be resolved with these parameters.
pub fn document(place: &Place, parameters: &BTreeMap<String, String>) -> Result<Value, TemplateError> {
    let inputs = Inputs { place: place.clone(), parameters: parameters.clone() };
    let stack = Template::parse(template::EMBEDDED)?.resolve(&inputs, resources::naming)?;
    let roles = stack.resources.iter().filter(|resource| resource.resource_type == "AWS::IAM::Role");
    let policies = roles.flat_map(|role| list(&role.properties["Policies"]));
    let mut statements: Vec<Value> =
        policies.flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])).cloned().collect();
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        // Both roles have one of the same name, which IAM refuses in one document.
        statement.remove("Sid");
    }
    Ok(json!({"Version": "2012-10-17", "Statement": statements}))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The condition on an action, if it takes one.
pub(super) fn condition(action: &str, boundary: &str) -> Option<Condition> {
    let is_boundary = || Condition { operator: "StringEquals", key: BOUNDARY, values: vec![boundary.to_owned()] };
    ON_BOUNDED_ROLES.contains(&action).then(is_boundary)
}

/// What is denied, whatever other policies of the deployer allow: to take the boundary off a role, and to change it.
pub(super) fn denials(roles: Vec<String>, boundary: &str) -> [Statement; 2] {
    let deny = |action: &[&str], resource: Vec<String>| Statement {
        effect: Effect::Deny,
        action: action.iter().map(|action| (*action).to_owned()).collect(),
        resource,
        condition: None,
    };
    [deny(&[UNBINDING], roles), deny(&WIDENING, vec![boundary.to_owned()])]
}
