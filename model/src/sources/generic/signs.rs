//! Signs of success or failure in a JSON value.

use serde_json::Value;

use super::names::{BESIDE, NOT_YET, OF_ERROR, OF_EVENT, STATUS, WELL};
use crate::fields::shortened;
use crate::vocabulary::{Verdict, verdict, words};

/// Search depth. Below it, events describe inputs and configurations.
const MAX_DEPTH: usize = 4;
/// Limit on the elements of a list and the members of an object.
const MAX_ELEMENTS: usize = 50;

/// The signs in an event.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// The event's own status: the first known one, failing ones first.
    pub(super) status: Option<(Verdict, String)>,
    /// Class of the event's own error.
    error: Option<String>,
    /// Its error count, in words.
    pub(super) counted: Option<String>,
    /// Class of a failure in a nested part.
    inner: Option<String>,
    /// Its own severity, if that is high.
    severity: Option<String>,
}

impl Signs {
    pub(super) fn of(detail: &Value) -> Self {
        let mut signs = Self::default();
        signs.gather(detail, 0);
        signs
    }

    /// The class of the failure that the signs indicate; empty if only the event's type does.
    pub(super) fn failure(&self, is_failing_type: bool) -> Option<&str> {
        let status = self.status.as_ref();
        let error = self.error.as_deref();
        match status {
            Some((Verdict::Failed, text)) => Some(error.filter(|error| is_code(error)).unwrap_or(text)),
            _ if error.is_some() => error,
            Some((Verdict::Succeeded, text)) if !stands(text) => None,
            _ if is_failing_type => Some(""),
            Some((Verdict::Succeeded, _)) | None => self.inner.as_deref().or(self.severity.as_deref()),
            Some(_) => self.inner.as_deref(),
        }
    }

    fn gather(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter().take(MAX_ELEMENTS) {
                    let name = words(name);
                    if !name.iter().any(|word| BESIDE.contains(&word.as_str())) {
                        self.consider(&name, field, depth);
                    }
                }
            }
            Value::Array(elements) if depth < MAX_DEPTH => {
                elements.iter().take(MAX_ELEMENTS).for_each(|element| self.gather(element, depth + 1));
            }
            _ => {}
        }
    }

    fn consider(&mut self, name: &[String], field: &Value, depth: usize) {
        if depth == 0 && name == ["severity"] && is_severe(field) {
            self.severity = field.as_str().map(str::to_owned);
        }
        let found = status(name, field);
        let error = error(name, field);
        if depth == 0 {
            if let Some((verdict, _)) = &found
                && (self.status.is_none() || *verdict == Verdict::Failed && !self.has_failed())
            {
                self.status = found;
            }
            if error.as_ref().is_some_and(|error| self.error.is_none() || is_code(error) && !self.has_code()) {
                self.error = error;
            }
            if let (Some(_), Value::Number(count)) = (&self.error, field)
                && self.counted.is_none()
                && name.iter().any(|word| is_error(word))
            {
                self.counted = Some(format!("{} is {count}", name.join(" ")));
            }
        } else if self.inner.is_none() {
            self.inner = error.or_else(|| found.filter(|found| found.0 == Verdict::Failed).map(|(_, text)| text));
        }
        if depth < MAX_DEPTH {
            self.gather(field, depth + 1);
        }
    }

    fn has_failed(&self) -> bool {
        matches!(self.status, Some((Verdict::Failed, _)))
    }

    fn has_code(&self) -> bool {
        self.error.as_deref().is_some_and(is_code)
    }
}

/// Whether a good status is a lasting state rather than an outcome.
fn stands(status: &str) -> bool {
    matches!(status.to_ascii_lowercase().as_str(), "active" | "available" | "enabled" | "ready")
}

/// Whether an error's class is a code rather than the name of its field.
fn is_code(class: &str) -> bool {
    !class.contains(' ') && class.contains(|character: char| character.is_ascii_alphabetic())
}

/// The status in a field with a status name.
fn status(name: &[String], field: &Value) -> Option<(Verdict, String)> {
    let (last, before) = name.split_last()?;
    let of_event = before.last().is_none_or(|word| OF_EVENT.contains(&word.as_str()));
    let is_flag = WELL.contains(&last.as_str());
    let names_status = STATUS.contains(&last.as_str()) || matches!(last.as_str(), "type" | "name") && of_event;
    let text = match field {
        Value::Bool(false) if is_flag => return Some((Verdict::Failed, format!("not {}", name.join(" ")))),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    // A status has one or a few words; a sentence is a description.
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let said = match names_status {
        // MediaLive's alerts are set and cleared.
        true if name.iter().any(|word| word == "alarm") && text.eq_ignore_ascii_case("set") => Verdict::Failed,
        true => verdict(text),
        false => return None,
    };
    (said != Verdict::Unknown).then(|| (said, text.to_owned()))
}

fn is_severe(severity: &Value) -> bool {
    let severity = severity.as_str().unwrap_or_default().to_ascii_lowercase();
    matches!(severity.as_str(), "critical" | "high" | "error" | "fatal" | "emergency")
}

/// The class of the error in a field, if its name and value indicate one.
fn error(name: &[String], field: &Value) -> Option<String> {
    let at = name.iter().position(|word| is_error(word))?;
    let (before, after) = (&name[..at], &name[at + 1..]);
    let is_to_come = before.iter().any(|word| NOT_YET.contains(&word.as_str()));
    let is_described = after.iter().all(|word| OF_ERROR.contains(&word.as_str()));
    if is_to_come || !is_described || !is_filled(field) {
        return None;
    }
    let code = match field {
        Value::String(text) if !text.contains(' ') => Some(text.clone()),
        Value::Object(fields) => ["code", "type", "name", "errorCode", "errorType"]
            .iter()
            .find_map(|name| fields.get(*name)?.as_str().filter(|text| !text.is_empty() && !text.contains(' ')))
            .map(str::to_owned),
        _ => None,
    };
    Some(shortened(&code.unwrap_or_else(|| name.join(" ")), 120))
}

fn is_error(word: &str) -> bool {
    matches!(
        word,
        "error" | "errors" | "exception" | "exceptions" | "failure" | "failures" | "failed" | "fault" | "faults"
    )
}

/// Whether a value indicates an error: neither empty, nor zero, nor a word for none.
fn is_filled(field: &Value) -> bool {
    match field {
        Value::String(text) => {
            let text = text.trim();
            let is_none = matches!(
                text.to_ascii_lowercase().as_str(),
                "" | "none"
                    | "null"
                    | "nil"
                    | "no"
                    | "n/a"
                    | "na"
                    | "-"
                    | "ok"
                    | "false"
                    | "noerror"
                    | "no_error"
                    | "{}"
                    | "[]"
            );
            let is_zero = text.parse::<f64>().is_ok_and(|number| number == 0.0);
            !is_none
                && !is_zero
                && !matches!(verdict(text), Verdict::Succeeded)
                && !text.to_ascii_lowercase().starts_with("no error")
        }
        Value::Number(count) => count.as_f64() != Some(0.0),
        Value::Array(errors) => errors.iter().take(MAX_ELEMENTS).any(is_filled),
        Value::Object(error) => error.values().take(MAX_ELEMENTS).any(is_filled),
        Value::Bool(failed) => *failed,
        Value::Null => false,
    }
}
