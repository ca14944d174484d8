//! Properties that the stack set earlier and no longer wants.

use serde_json::Value;

use super::PropertyChange;
use super::cause::tag;
use crate::template::{OWNS_TAG, paths};

/// Properties and members of shared lists that exist, that the template no longer contains, and that the stack recorded
/// as its own or a former version set. Anything else belongs to others and stays.
pub(super) fn removals(desired: &Value, observed: &Value, former: &[&str]) -> Vec<PropertyChange> {
    let owned = tag(observed, OWNS_TAG).unwrap_or_default();
    let wanted = paths(desired);
    let exists = paths(observed).into_iter();
    exists
        .filter(|(digest, path)| owned.split('.').any(|mine| mine == digest) || former.contains(&path.as_str()))
        .filter(|(digest, _)| !wanted.contains_key(digest))
        .filter_map(|(_, path)| {
            let before = find(observed, &path).filter(|value| !is_nothing(value))?.clone();
            Some(PropertyChange { path, before, after: Value::Null })
        })
        .collect()
}

/// The members of a shared list that the stack recorded as its own.
pub(super) fn owned_members(observed: &Value, list: &str) -> Vec<Value> {
    let owned = tag(observed, OWNS_TAG).unwrap_or_default();
    let ours = |path: &str| path.starts_with(&format!("{list}[")) && find(observed, path).is_some();
    let members =
        paths(observed).into_iter().filter(|(digest, path)| owned.split('.').any(|one| one == digest) && ours(path));
    members.filter_map(|(_, path)| find(observed, &path).cloned()).collect()
}

/// The value at `Name`, `Name.Part` or `Name[member]`.
fn find<'a>(properties: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some((list, member)) = path.strip_suffix(']').and_then(|path| path.split_once('[')) {
        let members = properties.get(list)?.as_array()?;
        let named = |item: &&Value| item.as_object().is_some_and(|item| item.values().any(|value| value == member));
        return members.iter().find(named);
    }
    path.split('.').try_fold(properties, |value, name| value.get(name))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
