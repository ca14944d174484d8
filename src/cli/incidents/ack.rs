//! `incidentctl incidents ack`.

use clap::Args;

use super::{Change, report};
use crate::cli::CommandError;
use crate::incidents::{Incidents, Note};
use crate::ui::Ui;

/// Say that somebody works on incidents
#[derive(Debug, Args)]
pub struct AckArgs {
    /// Ids of incidents, or beginnings of them that no others have
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,

    /// Who does [default: your user name]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// A remark for the timeline
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

pub(super) async fn run(args: AckArgs, incidents: &Incidents, user: &str, ui: &Ui) -> Result<(), CommandError> {
    let note = Note { by: args.by.unwrap_or_else(|| user.to_owned()), text: args.note };
    let mut changes = Vec::new();
    for id in args.ids {
        let change = acknowledge(incidents, &id, &note).await;
        changes.push((id, change));
    }
    report("acknowledged", changes, ui)
}

async fn acknowledge(incidents: &Incidents, id: &str, note: &Note) -> Change {
    let incident = incidents.find(id).await?;
    let changed = incidents.acknowledge(&incident, note).await?;
    Ok((incident.incident_id, changed))
}
