//! `incidentctl incidents show`.

use clap::Args;

use super::render;
use crate::cli::CommandError;
use crate::incidents::Incidents;
use crate::ui::Ui;

/// Show all of one incident
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Id of the incident, or a beginning of it that no other has
    #[arg(value_name = "ID")]
    pub id: String,
}

pub(super) async fn run(args: &ShowArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let incident = incidents.find(&args.id).await?;
    match ui.is_json() {
        true => ui.json(&incident),
        false => ui.print(&render::details(&incident, ui)),
    }
}
