//! Removes an event's secrets before an adapter splits its texts: a name before a colon marks the text after it as
//! secret, and a part of a URL no longer shows its context.

use serde_json::Value;

use super::Envelope;
use crate::redact::{REDACTED, is_secret_name, redact};

/// A function's payload, which is user data. Only a drill's id is read from it.
const PAYLOAD: &str = "requestPayload";
const DRILL: &str = "incidentctl_drill";

impl Envelope {
    /// Removes the secrets from everything that adapters read.
    pub(crate) fn without_secrets(mut self) -> Self {
        if let Some(payload) = self.detail.get_mut(PAYLOAD) {
            let drill = payload.get(DRILL).cloned().unwrap_or_default();
            *payload = serde_json::json!({ DRILL: drill });
        }
        clean(&mut self.detail);
        self.resources.iter_mut().for_each(|resource| *resource = redact(resource));
        Self {
            account: redact(&self.account),
            region: redact(&self.region),
            detail_type: redact(&self.detail_type),
            ..self
        }
    }
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(elements) => elements.iter_mut().for_each(clean),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if is_secret_name(name) && !text.starts_with("arn:") => {
                        *text = REDACTED.to_owned()
                    }
                    field => clean(field),
                }
            }
        }
        _ => {}
    }
}
