//! Roles that were re-created under the same name. When a function is given a role, Lambda grants the role's unique id
//! the decryption of the function's environment: with another id every invocation fails, and nothing else shows it.

use serde_json::Value;

use super::cause::tag;
use super::{Action, Cause, Change, PropertyChange};
use crate::template::ROLE_TAG;

/// The property path under which a plan shows it.
pub(crate) const RECREATED: &str = "Role (re-created)";

const ROLE: &str = "AWS::IAM::Role";
const FUNCTION: &str = "AWS::Lambda::Function";

/// Plans an update for every function whose role has another id than when the function was given it.
pub(super) fn repair(changes: &mut [Change]) {
    let roles: Vec<Change> = changes.iter().filter(|change| change.resource_type == ROLE).cloned().collect();
    let functions = changes.iter_mut().filter(|change| change.resource_type == FUNCTION);
    for function in functions.filter(|change| matches!(change.action, Action::None | Action::Update)) {
        let arn = function.desired.properties.get("Role").and_then(Value::as_str).unwrap_or_default();
        let Some(role) = roles.iter().find(|role| arn_of(role) == Some(arn)) else { continue };
        let Some((before, after)) = another_id(function, role) else { continue };
        let detour = roles.iter().filter_map(arn_of).find(|other| *other != arn).map(str::to_owned);
        function.properties.push(PropertyChange { path: RECREATED.to_owned(), before, after });
        function.action = Action::Update;
        function.cause.get_or_insert(Cause::Drift);
        function.detour = detour;
    }
}

fn arn_of(role: &Change) -> Option<&str> {
    role.desired.attributes.attributes.get("Arn").map(String::as_str)
}

/// The ids before and after; a role yet to be created has none.
fn another_id(function: &Change, role: &Change) -> Option<(Value, Value)> {
    let function = &function.observed.as_ref()?.properties;
    // Changing to another role renews the grant anyway.
    if function.get("Role").and_then(Value::as_str) != arn_of(role) {
        return None;
    }
    let remembered = tag(function, ROLE_TAG);
    if matches!(role.action, Action::Create | Action::Replace) {
        return Some((remembered.into(), Value::Null));
    }
    let role = &role.observed.as_ref()?.properties;
    let id = role.get("RoleId")?;
    let differs = match remembered {
        Some(remembered) => id != remembered,
        None => second(role, "CreateDate")? > second(function, "LastModified")?,
    };
    differs.then(|| (remembered.into(), id.clone()))
}

/// A time in UTC to the second, `2026-01-31T12:00:00`: the part that IAM and Lambda write alike.
fn second<'a>(properties: &'a Value, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str()?.get(..19)
}
