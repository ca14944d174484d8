//! Filter policies.

use std::collections::BTreeMap;

use incident_model::Pattern;
use serde_json::{Map, Number, Value};

use super::MessageAttribute;

/// Maximum number of keys in one policy.
const MAX_KEYS: usize = 5;

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
        let document: Value = serde_json::from_str(text).map_err(|_| "failed to parse JSON.".to_owned())?;
        let pattern = Pattern::from_value(&document).map_err(|error| error.reason().to_owned())?;
        if document.as_object().is_some_and(|keys| keys.len() > MAX_KEYS) {
            return Err(format!("Filter policy can not have more than {MAX_KEYS} keys"));
        }
        if scope == Some("MessageBody") {
            return Ok(Self::Body(pattern));
        }
        if document.as_object().is_some_and(|keys| keys.values().any(Value::is_object)) {
            return Err("Filter policy scope MessageAttributes does not support nested filter policy".to_owned());
        }
        Ok(Self::Attributes(pattern))
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
