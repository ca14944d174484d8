//! Events of services without an adapter. An unknown event that looks like a failure must not be silence, and an
//! unknown event that does not must not be an alarm. Three things count, in this order: a failing word in a field that
//! is named like a status, a field that is named like an error and is filled, a failing word in the detail-type.

use serde_json::{Map, Value};

use super::envelope::Envelope;
use crate::arn;
use crate::fields::{scalar, shortened};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict, words};

/// How deep statuses are looked for. Below it, events describe inputs and configurations.
const MAX_DEPTH: usize = 4;
/// How many elements of a list are looked at.
const MAX_ELEMENTS: usize = 50;

/// Last words of the names of fields that hold a status.
const STATUS: &[&str] = &[
    "status",
    "state",
    "result",
    "outcome",
    "conclusion",
    "type",
    "name",
    "event",
    "severity",
    "condition",
    "category",
];
/// Words of the names of fields that speak of something else than what just happened.
const BESIDE: &[&str] = &[
    "previous",
    "old",
    "prior",
    "from",
    "input",
    "parameters",
    "tags",
    "configuration",
    "environment",
    "request",
    "desired",
    "policy",
    "retry",
];
/// Words of the names of fields that say why, best first.
const CAUSE: &[&[&str]] = &[
    &["error", "message"],
    &["failure", "reason"],
    &["failure", "message"],
    &["status", "reason"],
    &["status", "message"],
    &["state", "reason"],
    &["detail", "message"],
    &["stopped", "reason"],
    &["error"],
    &["message"],
    &["reason"],
    &["cause"],
    &["description"],
    &["text"],
    &["title"],
    &["summary"],
];

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let resource = resource(envelope);
    let message = cause(&envelope.detail);
    let source = if envelope.source.is_empty() { "unknown" } else { envelope.service() }.to_owned();
    let observation = if envelope.detail_type == "Message" {
        prose(envelope)
    } else {
        let status = most_telling(&envelope.detail, 0);
        match status {
            Some((Verdict::Failed, status)) => envelope.failure(&resource, &status, &message),
            _ if verdict(&envelope.detail_type) == Verdict::Failed => {
                envelope.failure(&resource, &envelope.detail_type, &message)
            }
            Some((_, status)) => envelope.by_status(&resource, &status, &message),
            None if envelope.detail_type.is_empty() => envelope.ignored(&resource, "nothing in it speaks of a failure"),
            None => envelope.ignored(&resource, format!("{} is no failure", envelope.detail_type)),
        }
    };
    Observation { source, ..observation }
}

/// Words for people: the subject, or else the first line, has to speak of a failure.
fn prose(envelope: &Envelope) -> Observation {
    let (subject, text) = (envelope.text("/subject"), envelope.text("/text"));
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let resource = shortened(if subject.is_empty() { first_line } else { subject }, 80);
    if [subject, first_line].into_iter().any(|line| verdict(line) == Verdict::Failed) {
        envelope.failure(&resource, "Message", &shortened(text, 2000))
    } else {
        envelope.ignored(&resource, "a message in words that do not speak of a failure")
    }
}

/// The status that decides: a failing one if there is any, else the first that means something.
fn most_telling(value: &Value, depth: usize) -> Option<(Verdict, String)> {
    let mut telling: Option<(Verdict, String)> = None;
    let mut consider = |found: Option<(Verdict, String)>| {
        if let Some((verdict, _)) = &found
            && (telling.is_none() || *verdict == Verdict::Failed)
        {
            telling = found;
        }
        matches!(telling, Some((Verdict::Failed, _)))
    };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = words(name);
                if name.iter().any(|word| BESIDE.contains(&word.as_str())) {
                    continue;
                }
                if consider(judged(&name, field)) || (depth < MAX_DEPTH && consider(most_telling(field, depth + 1))) {
                    break;
                }
            }
        }
        Value::Array(elements) if depth < MAX_DEPTH => {
            for element in elements.iter().take(MAX_ELEMENTS) {
                if consider(most_telling(element, depth + 1)) {
                    break;
                }
            }
        }
        _ => {}
    }
    telling
}

/// What one field says, judged by its name and its value.
fn judged(name: &[String], field: &Value) -> Option<(Verdict, String)> {
    let text = field.as_str().unwrap_or_default();
    let names_error = name.iter().any(|word| matches!(word.as_str(), "error" | "exception" | "failure" | "fault"));
    let names_status = name.last().is_some_and(|word| STATUS.contains(&word.as_str()));
    if names_error && !names_status && is_filled(field) {
        let class = if text.contains(' ') || text.is_empty() { name.join(" ") } else { text.to_owned() };
        return Some((Verdict::Failed, shortened(&class, 120)));
    }
    // A status is one or a few words; a sentence is a description.
    if !names_status || text.is_empty() || text.len() > 64 {
        return None;
    }
    match verdict(text) {
        Verdict::Unknown => None,
        verdict => Some((verdict, text.to_owned())),
    }
}

/// An error field that says that there is an error.
fn is_filled(field: &Value) -> bool {
    match field {
        Value::String(text) => {
            !matches!(text.to_ascii_lowercase().as_str(), "" | "none" | "null" | "no" | "0" | "ok" | "false")
        }
        Value::Number(count) => count.as_f64() != Some(0.0),
        Value::Array(errors) => !errors.is_empty(),
        Value::Object(error) => !error.is_empty(),
        Value::Bool(failed) => *failed,
        Value::Null => false,
    }
}

/// The text that most likely says why.
fn cause(detail: &Value) -> String {
    let Some(fields) = detail.as_object() else { return String::new() };
    let named: Vec<(Vec<String>, &str)> =
        fields.iter().filter_map(|(name, value)| Some((words(name), value.as_str()?))).collect();
    let exact = |wanted: &&[&str]| named.iter().find(|(name, text)| name == wanted && !text.is_empty());
    let ending = |wanted: &&[&str]| {
        named.iter().find(|(name, text)| {
            !text.is_empty()
                && name.len() > wanted.len()
                && name.ends_with(&wanted.iter().map(ToString::to_string).collect::<Vec<_>>())
        })
    };
    let found = CAUSE.iter().find_map(exact).or_else(|| CAUSE.iter().find_map(ending));
    match found {
        Some((_, text)) => shortened(text, 2000),
        None => first_nested_message(fields),
    }
}

fn first_nested_message(fields: &Map<String, Value>) -> String {
    fields.values().map(|value| scalar(value, "/message")).find(|message| !message.is_empty()).unwrap_or_default()
}

/// The resource's name from the first ARN, or from the field that is named like a name.
fn resource(envelope: &Envelope) -> String {
    let first = envelope.first_resource();
    if !first.is_empty() {
        return shortened(arn::name(first), 200);
    }
    let Some(fields) = envelope.detail.as_object() else { return String::new() };
    let named = |suffix: &str| {
        fields.iter().find_map(|(name, value)| {
            (words(name).last().map(String::as_str) == Some(suffix)).then(|| value.as_str()).flatten()
        })
    };
    let text = ["name", "arn", "id", "identifier"].into_iter().find_map(named).unwrap_or_default();
    shortened(arn::name(text), 200)
}
