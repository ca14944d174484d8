//! `incidentctl local status`.

use clap::Args;
use incident_local::daemon::{self, Found};

use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;

/// Show whether the local AWS runs, and where
#[derive(Debug, Args)]
pub struct StatusArgs {}

pub(super) async fn run(_args: &StatusArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match daemon::find(&settings.local_directory).await {
        Found::Running(status) => return super::show(&status, ui),
        Found::Absent => ui.say("the local AWS does not run; a command with --local starts it"),
        Found::Stale { pid } => ui.say(&format!(
            "the local AWS does not run: its process {pid} ended without being stopped; a command with --local starts it anew"
        )),
        Found::Foreign { pid, port } => ui.say(&format!(
            "the local AWS does not run: its process {pid} is gone, and another program answers on its port {port}; \
             a command with --local starts it anew on a free port"
        )),
    }
    if ui.is_json() {
        ui.json(&super::document(None))?;
    }
    Ok(())
}
