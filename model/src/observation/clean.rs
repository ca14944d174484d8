//! An observation as it may be stored and sent: without secrets, and no text longer than a record can bear.

use serde_json::Value;

use super::{Kind, Observation};
use crate::fields::shortened;
use crate::redact::redact;

/// Longest error message that is kept, in characters.
const MAX_MESSAGE: usize = 4000;
/// Longest name that is kept, in characters.
const MAX_NAME: usize = 300;
/// What is read of a text to find its secrets, as a multiple of what is kept: what is cut off in the middle of a secret
/// is no longer known for one, so the cut comes after.
const READ_AHEAD: usize = 4;
/// How many attributes are kept. The adapters give a dozen at most.
const MAX_ATTRIBUTES: usize = 40;

impl Observation {
    /// Takes out the secrets and shortens every text.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self {
            kind: match self.kind {
                Kind::Ignored { reason } => Kind::Ignored { reason: name(&reason) },
                kind => kind,
            },
            source: name(&self.source),
            resource: name(&self.resource),
            account: name(&self.account),
            region: name(&self.region),
            error_type: name(&self.error_type),
            error_message: clean(&self.error_message, MAX_MESSAGE),
            request_id: self.request_id.as_deref().map(name),
            event_id: identity(self.event_id),
            occurred_at: name(&self.occurred_at),
            detail_type: name(&self.detail_type),
            top_frame: name(&self.top_frame),
            drill: self.drill.as_deref().map(name),
            grouping: self.grouping.as_deref().map(name),
            recovers: self.recovers,
            attributes: self
                .attributes
                .into_iter()
                .filter_map(|(key, value)| Some((key, attribute(value)?)))
                .take(MAX_ATTRIBUTES)
                .collect(),
        }
    }
}

fn clean(text: &str, limit: usize) -> String {
    let read: String = text.chars().take(limit * READ_AHEAD).collect();
    shortened(&redact(&read), limit)
}

fn name(text: &str) -> String {
    clean(text, MAX_NAME)
}

/// Texts, numbers and flags; an event may have lists and objects where its service has a number.
fn attribute(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(Value::from(name(&text))),
        Value::Number(_) | Value::Bool(_) => Some(value),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An id that has a secret in it, or is too long for a key, is known by its digest: two ids must stay two.
fn identity(id: String) -> String {
    if id.chars().count() <= MAX_NAME && redact(&id) == id {
        return id;
    }
    crate::fingerprint::digest("content-", [id.as_str()])
}
