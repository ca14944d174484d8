//! `incidentctl incidents resolve`.

use clap::Args;

use super::{Change, report};
use crate::cli::CommandError;
use crate::incidents::{Incidents, Note};
use crate::ui::Ui;

/// Say that incidents are over; a failure that returns opens a new one
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// Ids of incidents, or beginnings of them that no others have
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,

    /// Who says so [default: your user name]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// A remark for the timeline
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

pub(super) async fn run(args: ResolveArgs, incidents: &Incidents, user: &str, ui: &Ui) -> Result<(), CommandError> {
    let note = Note { by: args.by.unwrap_or_else(|| user.to_owned()), text: args.note };
    let mut changes = Vec::new();
    for id in args.ids {
        let change = resolve(incidents, &id, &note).await;
        changes.push((id, change));
    }
    report("resolved", changes, ui)
}

async fn resolve(incidents: &Incidents, id: &str, note: &Note) -> Change {
    let incident = incidents.find(id).await?;
    let changed = incidents.resolve(&incident, note).await?;
    Ok((incident.incident_id, changed))
}
