//! One JSON line for each outcome. Lines hold ids and names, never messages: a message may hold what redaction missed.

use std::io::Write;

use serde_json::{Value, json};

/// Writes a line to the function's log.
pub fn line(outcome: &str, fields: Value) {
    let mut line = json!({ "outcome": outcome });
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
    }
    // A log that cannot be written must not keep an alert from being sent.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
