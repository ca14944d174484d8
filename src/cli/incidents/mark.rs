//! `incidentctl incidents ack` and `resolve`.

use clap::Args;

use super::{Change, report};
use crate::cli::CommandError;
use crate::incidents::{Incidents, Note};
use crate::ui::Ui;

/// Which incidents, and what goes into their timelines.
#[derive(Debug, Args)]
pub struct MarkArgs {
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

/// What incidents are marked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Acknowledged,
    Resolved,
}

pub(super) async fn run(
    args: MarkArgs,
    mark: Mark,
    incidents: &Incidents,
    user: &str,
    ui: &Ui,
) -> Result<(), CommandError> {
    let note = Note { by: args.by.unwrap_or_else(|| user.to_owned()), text: args.note };
    let mut changes = Vec::new();
    for id in args.ids {
        let change = change(incidents, mark, &id, &note).await;
        changes.push((id, change));
    }
    let status = match mark {
        Mark::Acknowledged => "acknowledged",
        Mark::Resolved => "resolved",
    };
    report(status, changes, ui)
}

async fn change(incidents: &Incidents, mark: Mark, id: &str, note: &Note) -> Change {
    let incident = incidents.find(id).await?;
    let changed = match mark {
        Mark::Acknowledged => incidents.acknowledge(&incident, note).await?,
        Mark::Resolved => incidents.resolve(&incident, note).await?,
    };
    Ok((incident.incident_id, changed))
}
