//! Commands that change several things, of which some may fail.

use serde_json::Value;

use crate::error::CommandError;
use crate::ui::Ui;

/// What became of one of them: an object for programs, and a line for people or why it failed.
pub(super) type Change = (Value, Result<String, CommandError>);

/// Says what became of each, and fails when one could not be changed.
pub(super) fn report(changes: Vec<Change>, ui: &Ui) -> Result<(), CommandError> {
    let (objects, results): (Vec<Value>, Vec<_>) = changes.into_iter().unzip();
    if ui.is_json() {
        ui.json(&objects)?;
    }
    let mut failed: Option<CommandError> = None;
    for result in results {
        match result {
            Ok(line) => ui.say(&line),
            // All but the last failure are said here; the last one is the command's.
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    ui.failure(&earlier, false);
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}
