//! `incidentctl local stop`.

use clap::Args;
use incident_local::daemon::{self, Found};
use serde_json::json;

use crate::error::CommandError;
use crate::local_session::LocalError;
use crate::settings::Settings;
use crate::ui::Ui;

/// Stop the local AWS, and forget everything in it but the outbox
#[derive(Debug, Args)]
pub struct StopArgs {}

pub(super) async fn run(_args: &StopArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let stopped = stop(settings, ui).await?;
    match ui.is_json() {
        true => ui.json(&json!({"running": false, "stopped": stopped})),
        false => Ok(()),
    }
}

/// Stops it; `false` when it did not run.
pub(in crate::cli) async fn stop(settings: &Settings, ui: &Ui) -> Result<bool, CommandError> {
    match daemon::stop(&settings.local_directory).await.map_err(LocalError::from)? {
        Found::Running(status) => {
            ui.say(&format!("the local AWS on {} is stopped; its mails stay in {}", status.endpoint, status.outbox.display()));
            return Ok(true);
        }
        Found::Absent => ui.say("the local AWS does not run"),
        Found::Stale { pid } => ui.say(&format!("the local AWS does not run: its process {pid} had ended before")),
        Found::Foreign { pid, port } => ui.say(&format!(
            "the local AWS does not run: its process {pid} had ended before; the other program on port {port} is left alone"
        )),
    }
    Ok(false)
}
