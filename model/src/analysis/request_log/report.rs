//! The platform's records of a request: START, END, REPORT, as text and as JSON.
//!
//! Formats: <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>.

use serde_json::Value;

use super::Report;
use crate::fields::text;

/// Longest event that can be the platform's; its JSON is parsed.
const LONGEST: usize = 4096;

/// What a record of the platform means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    /// A request begins, in this version of the function.
    Start(String),
    /// A request ends.
    End,
    /// What it cost.
    Report(Report),
    /// An environment for requests begins.
    Init,
}

/// The record of a line; `None` if it is one of the function.
pub(super) fn record(line: &str) -> Option<Record> {
    if line.len() > LONGEST {
        return None;
    }
    let line = line.trim_start();
    if line.starts_with('{') && line.contains("\"platform.") {
        return json(&crate::json::from_str(line).ok()?);
    }
    if line.starts_with("START RequestId: ") {
        return Some(Record::Start(field(line, "Version: ").unwrap_or_default().to_owned()));
    }
    if line.starts_with("REPORT RequestId: ") {
        return Some(Record::Report(report(line)));
    }
    if line.starts_with("END RequestId: ") {
        return Some(Record::End);
    }
    line.starts_with("INIT_START ").then_some(Record::Init)
}

fn json(value: &Value) -> Option<Record> {
    let record = value.get("record").unwrap_or(&Value::Null);
    match text(value, "/type") {
        "platform.start" => Some(Record::Start(text(record, "/version").to_owned())),
        "platform.runtimeDone" | "platform.end" => Some(Record::End),
        "platform.initStart" => Some(Record::Init),
        "platform.report" => {
            let number = |name: &str| record.get("metrics")?.get(name)?.as_f64();
            let whole = |name: &str| record.get("metrics")?.get(name)?.as_u64();
            Some(Record::Report(Report {
                duration: number("durationMs"),
                memory: whole("memorySizeMB"),
                memory_used: whole("maxMemoryUsedMB"),
                init: number("initDurationMs"),
                status: status(text(record, "/status")).to_owned(),
                error_type: text(record, "/errorType").to_owned(),
            }))
        }
        _ => None,
    }
}

fn report(line: &str) -> Report {
    let number = |label: &str| field(line, label)?.parse().ok();
    let whole = |label: &str| field(line, label)?.parse().ok();
    Report {
        duration: number("Duration: "),
        memory: whole("Memory Size: "),
        memory_used: whole("Max Memory Used: "),
        init: number("Init Duration: "),
        status: status(field(line, "Status: ").unwrap_or_default()).to_owned(),
        error_type: field(line, "Error Type: ").unwrap_or_default().to_owned(),
    }
}

fn status(text: &str) -> &str {
    if text == "success" { "" } else { text }
}

/// The word after a label.
fn field<'t>(line: &'t str, label: &str) -> Option<&'t str> {
    let (_, rest) = line.split_once(label)?;
    rest.split_whitespace().next()
}
