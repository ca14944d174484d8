//! Messages that are JSON: their codes stay, whatever the order of the members. Validators write a list of problems, of
//! which the first counts.

use serde_json::Value;

use super::{Reduced, id, line_reduced};

/// Members that say which failure it is, in lower case without `-` and `_`.
const CODES: &[&str] = &[
    "code",
    "errno",
    "error",
    "errorcode",
    "errors",
    "errortype",
    "exception",
    "exitcode",
    "host",
    "hostname",
    "httpstatus",
    "httpstatuscode",
    "kind",
    "name",
    "operation",
    "port",
    "reason",
    "service",
    "status",
    "statuscode",
    "subcode",
    "syscall",
    "type",
];
/// Members with text for people.
const MESSAGES: &[&str] =
    &["cause", "description", "detail", "details", "error", "errormessage", "message", "msg", "title"];
/// Members with the way to a value, as a list.
const PATHS: &[&str] = &["instancepath", "loc", "path"];
/// Longest way, in steps.
const MOST_STEPS: usize = 8;
/// Maximum nesting that is searched.
const MOST_LEVELS: usize = 4;
/// Longest code, in characters.
const LONGEST_CODE: usize = 60;

/// The reduced message, if it is an object or a list of objects.
pub(super) fn reduce(message: &str) -> Option<Reduced> {
    let text = message.trim();
    if !(text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']')) {
        return None;
    }
    let value: Value = crate::json::from_str(text).ok()?;
    let value = value.as_array().and_then(|problems| problems.first()).unwrap_or(&value);
    let members = value.as_object()?;
    let mut found = Reduced::default();
    collect(value, MOST_LEVELS, &mut found);
    // An object without codes and messages is data; its members' names are its form.
    if found.words.is_empty() && found.marks.is_empty() {
        found.words = members.keys().map(|name| id::without_ids(name)).collect::<Vec<_>>().join(" ");
    }
    Some(found)
}

fn collect(value: &Value, levels: usize, found: &mut Reduced) {
    let Some(members) = value.as_object().filter(|_| levels > 0) else { return };
    for (name, value) in members {
        let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
        match value {
            Value::Number(number) if CODES.contains(&plain.as_str()) => mark(found, &plain, &number.to_string()),
            Value::String(text) if CODES.contains(&plain.as_str()) && is_code(text) => mark(found, &plain, text),
            Value::String(text) if MESSAGES.contains(&plain.as_str()) => {
                let said = line_reduced(text.lines().next().unwrap_or_default());
                add(&mut found.words, &said.words);
                add(&mut found.marks, &said.marks);
            }
            Value::Array(steps) if PATHS.contains(&plain.as_str()) => mark(found, &plain, &path(steps)),
            Value::Object(_) => collect(value, levels - 1, found),
            Value::Array(elements) => elements.iter().take(1).for_each(|element| collect(element, levels - 1, found)),
            _ => {}
        }
    }
}

/// The way to a value that a validator refuses: `items.#.sku`.
fn path(steps: &[Value]) -> String {
    let names = steps.iter().take(MOST_STEPS).map(|step| step.as_str().map_or_else(|| "#".to_owned(), id::without_ids));
    names.collect::<Vec<_>>().join(".")
}

fn mark(found: &mut Reduced, name: &str, code: &str) {
    let mark = format!("{name}={code}");
    add(&mut found.words, &mark);
    add(&mut found.marks, &mark);
}

fn add(said: &mut String, more: &str) {
    if !said.is_empty() && !more.is_empty() {
        said.push(' ');
    }
    said.push_str(more);
}

/// A code is one word without an id.
fn is_code(text: &str) -> bool {
    text.chars().count() <= LONGEST_CODE
        && !text.contains(char::is_whitespace)
        && !text.is_empty()
        && !id::holds_id(text)
}
