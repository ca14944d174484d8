//! Messages that are an object in JSON: their own message and code, for a line that people read.

use serde_json::Value;

/// Members with the message, best first.
const MESSAGES: &[&str] =
    &["message", "errorMessage", "error_message", "msg", "Message", "detail", "description", "reason", "title"];
/// Members with the code, best first.
const CODES: &[&str] =
    &["code", "errorCode", "error_code", "errorType", "type", "name", "Code", "status", "statusCode"];
/// Members that hold the error itself.
const ERRORS: &[&str] = &["error", "err", "exception", "cause", "Error"];
/// Maximum nesting that is searched.
const MOST_LEVELS: usize = 3;

/// `E_CARD: card was declined` of `{"code":"E_CARD","message":"card was declined"}`; `None` if the text is no object, or
/// has no message.
pub(super) fn line(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    said(&crate::json::from_str(text).ok()?, MOST_LEVELS)
}

fn said(value: &Value, levels: usize) -> Option<String> {
    let text = |names: &[&str]| {
        let texts = names.iter().filter_map(|name| match value.get(*name)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        texts.into_iter().next()
    };
    let inner =
        || ERRORS.iter().filter_map(|name| value.get(*name)).find_map(|inner| said(inner, levels.checked_sub(1)?));
    match (text(MESSAGES), text(CODES)) {
        (Some(message), Some(code)) if !message.starts_with(&code) => Some(format!("{code}: {message}")),
        (Some(message), _) => Some(message),
        (None, _) if levels > 0 => inner().or_else(|| text(ERRORS)),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_and_the_code_are_found_wherever_they_are() {
        for (text, expected) in [
            (r#"{"code":"E_CARD","httpStatus":402,"message":"card was declined"}"#, Some("E_CARD: card was declined")),
            (r#"{"error":{"type":"rate_limit","message":"slow down"}}"#, Some("rate_limit: slow down")),
            (r#"{"statusCode":503,"error":"Service Unavailable"}"#, Some("Service Unavailable")),
            (r#"{"message":"E_CARD declined","code":"E_CARD"}"#, Some("E_CARD declined")),
            (r#"{"a":1}"#, None),
            ("{broken}", None),
            ("no object", None),
        ] {
            assert_eq!(line(text).as_deref(), expected, "{text}");
        }
    }
}
