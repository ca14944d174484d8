//! `incidentctl local stop`.

use clap::Args;
use incident_local::daemon::{self, Found};
use serde_json::json;

use crate::error::CommandError;
use crate::local_session::LocalError;
use crate::settings::Settings;
use crate::ui::Ui;

/// Stop the local AWS and discard everything but the outbox
#[derive(Debug, Args)]
pub struct StopArgs {}

pub(super) async fn run(_args: &StopArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let stopped = stop(settings, ui).await?;
    match ui.is_json() {
        true => ui.json(&json!({"running": false, "stopped": stopped})),
        false => Ok(()),
    }
}

/// Stops it; `false` when it was not running.
pub(in crate::cli) async fn stop(settings: &Settings, ui: &Ui) -> Result<bool, CommandError> {
    match daemon::stop(&settings.local_directory).await.map_err(LocalError::from)? {
        Found::Running(status) => {
            ui.say(format!(
                "stopped the local AWS on {}; its mails stay in {}",
                status.endpoint,
                status.outbox.display()
            ));
            return Ok(true);
        }
        Found::Absent => ui.say("the local AWS is not running"),
        Found::Stale { pid } => ui.say(format!("the local AWS is not running: its process {pid} had already died")),
        Found::Foreign { pid, port } => ui.say(format!(
            "the local AWS is not running: its process {pid} had died; the program now on port {port} is left alone"
        )),
    }
    Ok(false)
}
