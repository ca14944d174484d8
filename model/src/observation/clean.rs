//! Prepares an observation for storage and mail: removes secrets and limits every text.

use serde_json::Value;

use super::{ALARM_TAGS, Kind, Observation, TopFrame};
use crate::fields::shortened;
use crate::redact::redact;

/// Longest error message that is kept, in characters.
const MAX_MESSAGE: usize = 4000;
/// Longest name that is kept, in characters.
const MAX_NAME: usize = 300;
/// How much of a text is searched for secrets, as a multiple of what is kept: a truncated secret is no longer
/// recognisable, so truncation comes last.
const READ_AHEAD: usize = 4;
/// Limit on the attributes. The adapters set a dozen at most.
const MAX_ATTRIBUTES: usize = 40;
/// Limit on an alarm's tags: AWS's own.
const MAX_TAGS: usize = 50;

impl Observation {
    /// Removes secrets and truncates every text.
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
            top_frame: TopFrame {
                place: name(&self.top_frame.place),
                source_line: name(&self.top_frame.source_line),
                position: name(&self.top_frame.position),
                former: name(&self.top_frame.former),
            },
            drill: self.drill.as_deref().map(name),
            grouping: self.grouping.as_deref().map(name),
            recovers: self.recovers,
            attributes: self
                .attributes
                .into_iter()
                .filter_map(|(key, value)| {
                    let value = if key == ALARM_TAGS { tags(&value) } else { attribute(value) };
                    Some((key, value?))
                })
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

/// Keeps strings, numbers and booleans; an event may have lists and objects in their place.
fn attribute(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(Value::from(name(&text))),
        Value::Number(_) | Value::Bool(_) => Some(value),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Keeps the tags whose values are texts.
fn tags(value: &Value) -> Option<Value> {
    let tags = value.as_object()?.iter();
    let kept = tags.filter_map(|(key, value)| Some((name(key), Value::from(name(value.as_str()?)))));
    Some(Value::Object(kept.take(MAX_TAGS).collect()))
}

/// Replaces an id with a secret, or too long for a key, by its digest, so that ids stay distinct.
fn identity(id: String) -> String {
    if id.chars().count() <= MAX_NAME && redact(&id) == id {
        return id;
    }
    crate::fingerprint::digest("content-", [id.as_str()])
}
