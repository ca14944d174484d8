//! What the handler reads: deliveries, rules, control messages and its own records.

use std::fmt::Debug;
use std::sync::LazyLock;

use incident_model::alert_policy::AlertPolicy;
use incident_model::analysis::{LogEvent, RequestLog};
use incident_model::control::{Control, SelfCheck};
use incident_model::mail::{self, MAX_BODY, MAX_SUBJECT, Notice};
use incident_model::tally::Tally;
use incident_model::timeline::LaterEntries;
use incident_model::{Incident, Interval, Pattern, Reason, Rules, Silence, classify, read, read_each, rules};
use serde_json::Value;

use crate::Target;

pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("classify", classified),
    ("unwrap", unwrapped),
    ("normalise", normalised),
    ("reduce", reduced),
    ("redact", redacted),
    ("pattern", pattern),
    ("rules_file", rules_file),
    ("records", records),
    ("request_log", request_log),
    ("settings", settings),
];

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::defaults().expect("the built-in rules are right"));

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The whole path of a delivery, from its bytes to the mail.
fn classified(bytes: &[u8]) {
    let Ok(delivery) = read(bytes) else { return };
    let _ = Control::read(&delivery);
    for one in classify(&delivery, &RULES).unwrap_or_default() {
        let Some(incident) = one.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()) else { continue };
        let notice = Notice { number: 1, reason: Reason::Opened, stack: "devops" };
        let mail = mail::about(&incident, &notice);
        assert!(mail.subject.len() <= MAX_SUBJECT && mail.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert!(mail.body.len() <= MAX_BODY);
    }
}

/// Every event of any delivery has an id.
fn unwrapped(bytes: &[u8]) {
    for delivery in read_each(bytes).unwrap_or_default() {
        for seen in incident_model::observe(&delivery).unwrap_or_default() {
            assert!(!seen.event_id.is_empty());
        }
    }
}

/// Any log gives few lines, and none that acts.
fn request_log(bytes: &[u8]) {
    const ID: &str = "d0349e5c-7cdf-44ce-b9c9-3a10778a75c5";
    let events: Vec<LogEvent> = text(bytes)
        .split('\u{1e}')
        .map(|text| LogEvent { at: 0, stream: String::new(), text: text.replace("ID", ID) })
        .collect();
    for id in [Some(ID), None] {
        let found = RequestLog::of("/aws/lambda/orders", &events, id, "KeyError").unwrap_or_default();
        assert!(found.lines.len() <= 20 && found.lines.iter().map(|line| line.text.len()).sum::<usize>() <= 4096);
        assert!(found.lines.iter().all(|line| !line.text.chars().any(char::is_control)));
        assert!(found.error.is_none_or(|error| error < found.lines.len()));
    }
}

fn normalised(bytes: &[u8]) {
    assert!(incident_model::normalise::normalise(text(bytes)).chars().count() <= 4000);
}

/// Ids and times in a message change no mark of it.
fn reduced(bytes: &[u8]) {
    let text = text(bytes);
    let reduced = incident_model::reduce::reduce(text);
    assert!(reduced.words.chars().count() <= 8000);
    let line = text.lines().next().unwrap_or_default();
    if line.len() < 500 && line.chars().all(|character| character.is_ascii_alphanumeric() || character == ' ') {
        let with = |id: &str| incident_model::reduce::reduce(&format!("{line} of x at {id}")).marks;
        assert_eq!(with("3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11"), with("2026-01-01T00:00:00.000Z"));
    }
}

/// A planted key never survives.
fn redacted(bytes: &[u8]) {
    let (text, key) = (text(bytes), "AKIAIOSFODNN7EXAMPLE");
    let redacted = incident_model::redact(text);
    assert!(!incident_model::redact(&format!("{text} {key} {redacted}")).contains(key));
}

/// Two patterns and an event in one list: a match has no explanation, a mismatch has one.
fn pattern(bytes: &[u8]) {
    let Ok(Value::Array(parts)) = serde_json::from_slice(bytes) else { return };
    let [pattern, other, event] = parts.as_slice() else { return };
    let Ok(pattern) = Pattern::from_value(pattern) else { return };
    assert_eq!(pattern.matches(event), pattern.mismatch(event).is_none());
    let _ = pattern.overridden().count();
    if let Ok(other) = Pattern::from_value(other)
        && pattern.covers(&other)
        && other.matches(event)
    {
        assert!(pattern.matches(event));
    }
}

/// Checking a file and loading it agree on whether it is readable.
fn rules_file(bytes: &[u8]) {
    let text = text(bytes);
    let report = rules::check(text);
    let is_refused = report.problems.iter().any(|problem| problem.level == rules::Level::Unreadable);
    assert_eq!(Rules::parse(text).is_err(), is_refused);
}

/// What the table holds, in any version: what can be read can be written and read again.
fn records(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 6 {
        0 => same_again::<Tally>(bytes),
        1 => same_again::<LaterEntries>(bytes),
        2 => same_again::<Silence>(bytes),
        3 => same_again::<SelfCheck>(bytes),
        4 => same_again::<AlertPolicy>(bytes),
        _ => same_again::<Incident>(bytes),
    }
}

fn same_again<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_string(&value).expect("a record can be written");
    assert_eq!(serde_json::from_str::<T>(&written).ok(), Some(value), "{written}");
}

fn settings(bytes: &[u8]) {
    if let Ok(interval) = text(bytes).parse::<Interval>() {
        assert_eq!(interval.to_string().parse::<Interval>().ok(), Some(interval));
    }
}
