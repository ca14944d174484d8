//! Filter policies.

use std::collections::{BTreeMap, BTreeSet};

use incident_model::Pattern;
use serde_json::{Map, Number, Value};

use super::MessageAttribute;

/// Maximum number of keys in one policy.
const MAX_KEYS: usize = 5;
const MAX_COMBINATIONS: u64 = 150;
const MAX_BYTES: usize = 256 * 1024;

/// A validated policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FilterPolicy {
    /// Accepts every message.
    Everything,
    /// Matches the message attributes.
    Attributes(Pattern),
    /// Matches the message body, which must be JSON.
    Body(Pattern),
}

impl FilterPolicy {
    /// Validates a policy; `scope` is the attribute `FilterPolicyScope`.
    ///
    /// # Errors
    /// The reason, in SNS's words.
    pub(super) fn parse(text: &str, scope: Option<&str>) -> Result<Self, String> {
        if ["", "{}"].contains(&text.trim()) {
            return Ok(Self::Everything);
        }
        if text.len() > MAX_BYTES {
            return Err("FilterPolicy: Filter policy is too large".to_owned());
        }
        let document: Value =
            serde_json::from_str(text).map_err(|_| "FilterPolicy: failed to parse JSON.".to_owned())?;
        let is_of_body = scope == Some("MessageBody");
        let is_nested = |keys: &Map<String, Value>| keys.values().any(Value::is_object);
        let pattern = Pattern::from_value(&document).map_err(|error| format!("FilterPolicy: {}", error.reason()))?;
        if !is_of_body && document.as_object().is_some_and(is_nested) {
            return Err("Filter policy scope MessageAttributes does not support nested filter policy".to_owned());
        }
        let size = Size::of(&document);
        if size.keys.len() > MAX_KEYS {
            return Err(format!("FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys"));
        }
        if size.combinations > MAX_COMBINATIONS {
            return Err("FilterPolicy: Filter policy is too complex".to_owned());
        }
        Ok(if is_of_body { Self::Body(pattern) } else { Self::Attributes(pattern) })
    }

    /// Whether a message passes.
    pub(super) fn accepts(&self, message: &str, attributes: &BTreeMap<String, MessageAttribute>) -> bool {
        match self {
            Self::Everything => true,
            Self::Attributes(pattern) => pattern.matches(&as_json(attributes)),
            Self::Body(pattern) => serde_json::from_str(message).is_ok_and(|body| pattern.matches(&body)),
        }
    }
}

/// What SNS counts in a policy (SNS developer guide, "Filter policy constraints").
struct Size {
    /// Paths of the keys with values.
    keys: BTreeSet<String>,
    /// Numbers of values multiplied, each by the depth of its key; `$or` adds those of its alternatives.
    combinations: u64,
}

impl Size {
    fn of(policy: &Value) -> Self {
        let mut size = Self { keys: BTreeSet::new(), combinations: 1 };
        size.combinations = size.count(policy, "", 1);
        size
    }

    fn count(&mut self, fields: &Value, parent: &str, depth: u64) -> u64 {
        let mut product: u64 = 1;
        for (name, value) in fields.as_object().into_iter().flatten() {
            let path = format!("{parent}.{name}");
            let factor = match value {
                Value::Array(alternatives) if name == "$or" => {
                    alternatives.iter().map(|each| self.count(each, parent, depth)).sum()
                }
                Value::Array(values) => {
                    self.keys.insert(path);
                    values.len() as u64 * depth
                }
                nested => self.count(nested, &path, depth + 1),
            };
            product = product.saturating_mul(factor);
        }
        product
    }
}

/// The attributes as an object, typed as they declare.
fn as_json(attributes: &BTreeMap<String, MessageAttribute>) -> Value {
    let typed = |attribute: &MessageAttribute| match attribute.data_type.split('.').next() {
        Some("Number") => attribute.value.parse().ok().map(Value::Number),
        Some("String") if attribute.data_type == "String.Array" => serde_json::from_str(&attribute.value).ok(),
        Some("String") => Some(Value::String(attribute.value.clone())),
        _ => None,
    };
    let members = attributes.iter().filter_map(|(name, attribute)| Some((name.clone(), typed(attribute)?)));
    Value::Object(members.collect::<Map<String, Value>>())
}

/// Whether a text is a valid `Number` attribute.
pub(super) fn is_number(text: &str) -> bool {
    text.parse::<Number>().is_ok()
}
