//! Differences between desired and observed properties.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::PropertyChange;

/// Properties with a document whose lists are unordered and where a single element equals a list of one.
const POLICIES: [&str; 3] = ["PolicyDocument", "AssumeRolePolicyDocument", "EventPattern"];
/// Properties that hold JSON as text.
const JSON_TEXTS: [&str; 1] = ["DashboardBody"];
/// Lists to which others may add without causing a difference.
const SHARED: [&str; 7] =
    ["Tags", "Policies", "Targets", "GlobalSecondaryIndexes", "AttributeDefinitions", "AlarmActions", "OKActions"];
/// The keys that identify members of a list.
const IDENTITIES: [&str; 6] = ["Key", "IndexName", "PolicyName", "AttributeName", "Id", "Name"];
/// Mappings, and lists of mappings, that the template owns as a whole.
const WHOLE: [&str; 3] = ["Variables", "Targets", "DestinationConfig"];

/// The properties that the template sets and whose value differs. Properties that the template does not set are left to
/// AWS's defaults and to other tools.
pub(crate) fn differences(desired: &Value, observed: &Value) -> Vec<PropertyChange> {
    let mut changes = Vec::new();
    compare("", "", Some(observed), Some(desired), &mut changes);
    changes
}

fn compare(path: &str, name: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<PropertyChange>) {
    match (before, after) {
        (Some(before), Some(after)) if is_document(name) => {
            if document(name, before) != document(name, after) {
                push(path, Some(before), Some(after), changes);
            }
        }
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            mappings(path, name, before, after, changes);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => lists(path, name, before, after, changes),
        (Some(before), Some(after)) if plain(before) == plain(after) => {}
        (before, after) => push(path, before, after, changes),
    }
}

fn mappings(
    path: &str,
    name: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<PropertyChange>,
) {
    let removed = before.keys().filter(|key| WHOLE.contains(&name) && !after.contains_key(*key));
    for key in after.keys().chain(removed) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(&path, key, before.get(key), after.get(key), changes);
    }
}

/// Lists are unordered in every property that the template uses: AWS returns most of them in arbitrary order.
fn lists(path: &str, name: &str, before: &[Value], after: &[Value], changes: &mut Vec<PropertyChange>) {
    match (keyed(before), keyed(after)) {
        (Some(old), Some(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in names {
                if new.contains_key(key) || !SHARED.contains(&name) {
                    compare(&format!("{path}[{key}]"), name, old.get(key), new.get(key), changes);
                }
            }
        }
        _ if SHARED.contains(&name) => additions(path, before, after, changes),
        _ if sorted(before) == sorted(after) => {}
        _ => push(path, Some(&Value::from(before)), Some(&Value::from(after)), changes),
    }
}

/// Missing members of a shared list are added to those of others.
fn additions(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<PropertyChange>) {
    let missing: Vec<&Value> = after.iter().filter(|item| !before.contains(item)).collect();
    if !missing.is_empty() {
        let together: Value = before.iter().chain(missing).cloned().collect();
        push(path, Some(&Value::from(before)), Some(&together), changes);
    }
}

/// The members by identity, or `None` if one has none.
fn keyed(items: &[Value]) -> Option<Map<String, Value>> {
    if items.iter().any(|item| !item.is_object()) {
        return None;
    }
    let identity = IDENTITIES.into_iter().find(|key| items.iter().all(|item| item.get(key).is_some()))?;
    items.iter().map(|item| Some((item.get(identity)?.as_str()?.to_owned(), item.clone()))).collect()
}

fn sorted(items: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(|item| canonical(item).to_string()).collect();
    texts.sort();
    texts
}

fn push(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<PropertyChange>) {
    changes.push(PropertyChange {
        path: path.to_owned(),
        before: before.cloned().unwrap_or_default(),
        after: after.map(|after| in_form_of(before, after)).unwrap_or_default(),
    });
}

/// Parameters are strings; next to a number they are shown as numbers.
fn in_form_of(before: Option<&Value>, after: &Value) -> Value {
    match (before, after) {
        (Some(Value::Number(_)), Value::String(text)) => text.parse().map_or_else(|_| after.clone(), Value::Number),
        _ => after.clone(),
    }
}

fn is_document(name: &str) -> bool {
    POLICIES.contains(&name) || JSON_TEXTS.contains(&name)
}

fn document(name: &str, value: &Value) -> Value {
    let parsed = match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    match POLICIES.contains(&name) {
        true => canonical(&parsed),
        // The order of widgets and of `...` in their metrics matters.
        false => ordered_keys(&parsed),
    }
}

/// The value with sorted keys and lists, lists of one replaced by their element, and scalars as text.
pub(super) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => match items.as_slice() {
            [one] => canonical(one),
            _ => {
                let mut items: Vec<Value> = items.iter().map(canonical).collect();
                items.sort_by_key(Value::to_string);
                Value::Array(items)
            }
        },
        scalar => Value::String(plain(scalar)),
    }
}

/// Mappings already compare without order; only numbers need normalising.
fn ordered_keys(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), ordered_keys(value))).collect(),
        Value::Array(items) => items.iter().map(ordered_keys).collect(),
        scalar => Value::String(plain(scalar)),
    }
}

/// A scalar as text: templates treat `30` and `"30"` alike, and AWS returns `0.0` for `0`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) if !text.starts_with('+') && (text == "0" || !text.starts_with('0')) => number.to_string(),
            _ => text.clone(),
        },
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}
