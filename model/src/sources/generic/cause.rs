//! The text of an event that most likely states the cause of a failure.

use serde_json::{Map, Value};

use crate::fields::{scalar, shortened};
use crate::vocabulary::words;

/// Words in the names of fields with a cause, best first.
const CAUSE: &[&[&str]] = &[
    &["error", "message"],
    &["failure", "reason"],
    &["failure", "message"],
    &["status", "reason"],
    &["status", "message"],
    &["state", "reason"],
    &["state", "change", "reason"],
    &["detail", "message"],
    &["stopped", "reason"],
    &["error"],
    &["message"],
    &["reason"],
    &["cause"],
    &["exception"],
    &["description"],
    &["text"],
    &["title"],
    &["summary"],
];

pub(super) fn cause(detail: &Value) -> String {
    let Some(fields) = detail.as_object() else { return String::new() };
    let named: Vec<(Vec<String>, &str)> = fields
        .iter()
        .filter_map(|(name, value)| Some((words(name), value.as_str().filter(|text| !text.trim().is_empty())?)))
        .collect();
    let exact = |wanted: &&[&str]| named.iter().find(|(name, _)| name == wanted);
    let ending = |wanted: &&[&str]| {
        named.iter().find(|(name, _)| {
            name.len() > wanted.len() && name.iter().rev().zip(wanted.iter().rev()).all(|(word, wanted)| word == wanted)
        })
    };
    let found = CAUSE.iter().find_map(exact).or_else(|| CAUSE.iter().find_map(ending));
    match found {
        Some((_, text)) => shortened(message_in(text).as_deref().unwrap_or(text).trim_matches('"'), 2000),
        None => shortened(&nested_message(fields), 2000),
    }
}

/// The message in a cause that is JSON in a string, as from EMR: `{"code":"…","message":"…"}`.
fn message_in(text: &str) -> Option<String> {
    let fields: Map<String, Value> = crate::json::from_str(text).ok()?;
    ["message", "Message", "errorMessage", "reason"]
        .iter()
        .find_map(|name| fields.get(*name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
}

fn nested_message(fields: &Map<String, Value>) -> String {
    let of = |value: &Value| {
        ["/message", "/Message", "/errorMessage", "/reason"]
            .iter()
            .map(|pointer| scalar(value, pointer))
            .find(|message| !message.is_empty())
    };
    let first_of_list = |value: &Value| of(value.get(0).unwrap_or(value));
    fields.values().find_map(first_of_list).unwrap_or_default()
}
