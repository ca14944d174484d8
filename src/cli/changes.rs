//! Commands that change several things, any of which may fail.

use serde_json::Value;

use crate::error::CommandError;
use crate::ui::Ui;

/// The outcome of one change: an object for programs, and a line for people or the reason it failed.
pub(super) type Change = (Value, Result<String, CommandError>);

/// Reports every outcome, and fails if any change failed.
pub(super) fn report(changes: Vec<Change>, ui: &Ui) -> Result<(), CommandError> {
    let (objects, results): (Vec<Value>, Vec<_>) = changes.into_iter().unzip();
    if ui.is_json() {
        ui.json(&objects)?;
    }
    let mut failed: Option<CommandError> = None;
    for result in results {
        match result {
            Ok(line) => ui.say(line),
            // All failures but the last are printed here; the last one is the command's own error.
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    ui.failure(&earlier, false);
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}
