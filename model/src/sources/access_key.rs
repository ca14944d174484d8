//! Reports about access keys of AWS: an id of a key is removed like a secret, but here it is what the report is about. Its
//! last characters say which of a user's two keys it is.

use serde_json::Value;

use super::envelope::Envelope;

/// Services that report keys which are public or in wrong hands.
const REPORTING: &[&str] = &["guardduty", "health", "trustedadvisor"];
/// Characters of a key's id that are shown.
const SHOWN: usize = 4;
/// Length of a key's id: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.
const LENGTH: usize = 20;

/// The envelope with the ids of keys as `key …MPLE`.
pub(super) fn named(mut envelope: Envelope) -> Envelope {
    if REPORTING.contains(&envelope.service()) {
        envelope.detail = shown(envelope.detail);
        envelope.resources =
            envelope.resources.into_iter().map(|resource| shortened(&resource).unwrap_or(resource)).collect();
    }
    envelope
}

fn shown(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(shortened(&text).unwrap_or(text)),
        Value::Array(values) => values.into_iter().map(shown).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, shown(value))).collect(),
        other => other,
    }
}

/// `key …MPLE` for the id of a key; `None` for any other text.
fn shortened(text: &str) -> Option<String> {
    let is_id = text.len() == LENGTH
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_id.then(|| format!("key ...{}", &text[LENGTH - SHOWN..]))
}
