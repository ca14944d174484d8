//! The error in a record of Lambda.

use serde_json::Value;

use super::stream;
use crate::fields::{first_text, shortened, text};

/// The error, if any: the records of stream mappings and of functions that may not run have no payload.
pub(super) struct ReportedError {
    pub(super) class: String,
    pub(super) message: String,
}

impl ReportedError {
    pub(super) fn read(record: &Value) -> Self {
        let payload = payload(record);
        let condition = text(record, "/requestContext/condition");
        let message = message(&payload);
        let class = match first_text(&payload, &["/errorType", "/name", "/error/type", "/error/name", "/code"]) {
            "" => implied_class(&message),
            class => class,
        };
        let class = match class {
            "" if payload.is_null() => condition,
            "" => first_text(record, &["/responseContext/functionError", "/requestContext/condition"]),
            class => class,
        };
        let message = match without_preamble(&message) {
            "" => without_payload(condition, record).to_owned(),
            message => message.to_owned(),
        };
        Self { class: class.to_owned(), message }
    }
}

/// The payload, parsed from a string if a runtime or tool wrapped it.
fn payload(record: &Value) -> Value {
    let payload = record.get("responsePayload").cloned().unwrap_or_default();
    let inside = payload.as_str().filter(|text| text.trim_start().starts_with('{'));
    inside.and_then(|text| crate::json::from_str(text).ok()).unwrap_or(payload)
}

/// The message, with the innermost cause if that differs.
fn message(payload: &Value) -> String {
    let own = match payload {
        Value::String(text) => return text.clone(),
        Value::Number(number) => return number.to_string(),
        payload => own_message(payload),
    };
    let Some(cause) = root_cause(payload) else { return own };
    // Node's `fetch failed` says why in its cause's code only.
    let (class, message) = (first_text(cause, &["/errorType", "/code", "/name"]), own_message(cause));
    let said = [class, &message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    match (own.is_empty(), said.is_empty() || own.contains(message.as_str()) && !message.is_empty()) {
        (true, _) => said,
        (false, true) => own,
        (false, false) => format!("{own} (caused by {said})"),
    }
}

/// Maximum length of JSON in place of a message, in characters.
const MAX_JSON: usize = 500;

fn own_message(payload: &Value) -> String {
    const PLACES: &[&str] =
        &["/errorMessage", "/message", "/Message", "/error/message", "/error", "/errorMessage/message", "/reason"];
    let said = PLACES.iter().find_map(|place| payload.pointer(place)).unwrap_or(&Value::Null);
    match (first_text(payload, PLACES), said) {
        ("", Value::Object(_) | Value::Array(_) | Value::Number(_)) => shortened(&said.to_string(), MAX_JSON),
        (message, _) => message.to_owned(),
    }
}

/// Java and .NET nest causes; the depth is limited.
fn root_cause(payload: &Value) -> Option<&Value> {
    std::iter::successors(cause(payload), |error| cause(error)).take(10).last()
}

fn cause(error: &Value) -> Option<&Value> {
    error.get("cause").filter(|cause| cause.is_object())
}

/// Until 2024 the platform reported timeouts and exits by the message alone.
pub(super) fn implied_class(message: &str) -> &'static str {
    if message.contains("Task timed out after") {
        "Sandbox.Timedout"
    } else if message.contains("Process exited before completing request") {
        "Runtime.ExitError"
    } else {
        ""
    }
}

/// The platform's message without its prefix of time, request and `Error`.
fn without_preamble(message: &str) -> &str {
    if let Some(at) = message.find("Task timed out after ") {
        return message[at..].trim_end();
    }
    let Some(rest) = message.strip_prefix("RequestId: ") else { return message.trim() };
    let rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    rest.strip_prefix("Error: ").unwrap_or(rest).trim()
}

fn without_payload(condition: &str, record: &Value) -> &'static str {
    match condition {
        "ZeroReservedConcurrency" => "The function's reserved concurrency is 0, so it never runs.",
        "EventAgeExceeded" => "The event waited longer than the function's maximum event age and was dropped.",
        "RecordAgeExceeded" => "Records waited longer than the mapping's maximum record age and were dropped.",
        _ if !stream(record).is_empty() => {
            "The record of a stream mapping has no error message; it is in the function's log."
        }
        "RetriesExhausted" => "The function reported an error without a message; its log may say more.",
        _ => "",
    }
}
