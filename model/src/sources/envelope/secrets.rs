//! An event without its secrets, before an adapter takes texts apart: a name in front of a colon tells that what stands
//! behind it is secret, and a part of an address no longer tells what it is a part of.

use serde_json::Value;

use super::Envelope;
use crate::redact::{REDACTED, is_secret_name, redact};

/// What a function was given: a person's data. Of it only a drill's name is read.
const PAYLOAD: &str = "requestPayload";
const DRILL: &str = "incidentctl_drill";

impl Envelope {
    /// Takes the secrets out of everything that an adapter looks at.
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
