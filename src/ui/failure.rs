//! A failed command: text on standard error for people, a last line of JSON for programs.

use serde_json::{Value, json};

use super::{Label, Ui};
use crate::error::CommandError;

impl Ui {
    /// Reports a failure on standard error and, if the command's JSON ends in a result line, on standard output.
    pub fn failure(&self, error: &CommandError, streams_result: bool) {
        if streams_result && self.is_json() {
            // Standard error below carries the same, so a closed standard output loses nothing.
            let _ = self.json(&self.failure_json(error));
        }
        self.report(&self.failure_text(error));
    }

    /// `error:`, its causes, its hints.
    pub(crate) fn failure_text(&self, error: &CommandError) -> String {
        let mut text = format!("{} {}", self.label(Label::Error, "error:"), error.message());
        for cause in error.underlying() {
            text += &format!("\n  caused by: {cause}");
        }
        for hint in error.advice() {
            text += &format!("\n{} {hint}", self.label(Label::Hint, "hint:"));
        }
        text
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
