//! A failed command: text on standard error for people, a last line of JSON for programs.

use serde_json::{Value, json};

use super::{Label, Line, Ui};
use crate::error::CommandError;

impl Ui {
    /// Reports a failure on standard error and, if the command's JSON ends in a result line, on standard output.
    pub fn failure(&self, error: &CommandError, streams_result: bool) {
        if streams_result && self.is_json() {
            // Standard error below carries the same, so a closed standard output loses nothing.
            let _ = self.json(&self.failure_json(error));
        }
        self.report_all(failure_lines(error));
    }

    /// The result line.
    pub(crate) fn failure_json(&self, error: &CommandError) -> Value {
        let mut result = json!({"type": "result", "ok": false});
        let hints: Vec<String> = error.advice().iter().map(|hint| self.complete(hint)).collect();
        if let Some(members) = result.as_object_mut() {
            members.extend(error.details().clone());
            members.insert(
                "error".to_owned(),
                json!({
                    "kind": error.kind().name(),
                    "message": error.message(),
                    "causes": error.underlying(),
                    "hints": hints,
                }),
            );
        }
        result
    }
}

/// `error:`, its causes, its hints.
pub(crate) fn failure_lines(error: &CommandError) -> Vec<Line> {
    let mut lines = paragraph(Line::labelled(Label::Error, "error:"), error.message());
    for cause in error.underlying() {
        lines.extend(paragraph("  caused by:".into(), cause));
    }
    for hint in error.advice() {
        lines.extend(paragraph(Line::labelled(Label::Hint, "hint:"), hint));
    }
    lines
}

/// A text behind its head. Further lines are marked, so that none passes for an error or a hint of ours.
fn paragraph(head: Line, text: &str) -> Vec<Line> {
    let mut lines = text.lines();
    let first = head.and(" ").and(lines.next().unwrap_or_default());
    std::iter::once(first).chain(lines.map(|line| format!("  | {line}").into())).collect()
}
