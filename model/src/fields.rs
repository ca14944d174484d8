//! Tolerant access to JSON: a missing or unexpected field is an empty string, never an error.

use serde_json::Value;

/// The string at a JSON pointer, or an empty one.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The first non-empty string.
pub(crate) fn first_text<'v>(value: &'v Value, pointers: &[&str]) -> &'v str {
    pointers.iter().map(|pointer| text(value, pointer)).find(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// A string, number or boolean as a string; empty for anything else.
pub(crate) fn scalar(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(number @ (Value::Number(_) | Value::Bool(_))) => number.to_string(),
        _ => String::new(),
    }
}

/// The elements of an array; none for anything else.
pub(crate) fn elements<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A text, truncated to this many characters with an ellipsis at the end.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

/// A text, truncated to this many bytes of UTF-8 with an ellipsis at the end.
pub(crate) fn within_bytes(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit.saturating_sub(3);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let ellipsis = &"..."[..limit.min(3)];
    format!("{}{ellipsis}", &text[..end])
}
