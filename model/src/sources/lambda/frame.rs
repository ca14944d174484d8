//! The stack frame that distinguishes failures of one function.

use serde_json::Value;

use crate::fields::{scalar, shortened};

/// Paths of runtimes and libraries, whose frames say little about the application.
const FOREIGN: &[&str] = &[
    "/var/runtime",
    "/var/lang",
    "/opt/",
    "node_modules",
    "site-packages",
    "node:",
    "runtime/panic.go",
    "aws-lambda-",
];

/// The innermost frame of application code, without line numbers; empty without a stack trace.
pub(super) fn top(payload: &Value) -> String {
    let frames: Vec<String> = super::frames(payload).iter().take(200).map(frame).collect();
    // Only Python lists the innermost call last.
    let is_python = frames.iter().any(|frame| frame.trim_start().starts_with("File \""));
    let own = |frame: &&String| is_frame(frame) && !FOREIGN.iter().any(|place| frame.contains(place));
    let top = if is_python { frames.iter().rev().find(own) } else { frames.iter().find(own) };
    top.map(|frame| without_numbers(frame)).unwrap_or_default()
}

/// Node prints the error before the frames.
fn is_frame(frame: &str) -> bool {
    let text = frame.trim_start();
    text.starts_with("at ") || text.starts_with("File ") || text.contains(':') && !text.contains("Error: ")
}

fn frame(frame: &Value) -> String {
    match frame {
        Value::String(text) => text.lines().next().unwrap_or_default().to_owned(),
        go => format!("{}:{} {}", scalar(go, "/path"), scalar(go, "/line"), scalar(go, "/label")),
    }
}

fn without_numbers(frame: &str) -> String {
    let mut text = String::with_capacity(frame.len());
    for character in frame.trim().chars() {
        match character {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            other => text.push(other),
        }
    }
    shortened(&text, 200)
}
