//! `incidentctl incidents ack` and `resolve`.

use clap::Args;
use incident_model::Status;
use serde_json::json;

use crate::cli::changes::{Change, report};
use crate::error::CommandError;
use crate::incidents::{Changed, Incidents, IncidentsError, Note};
use crate::ui::Ui;

#[derive(Debug, Args)]
pub struct MarkArgs {
    /// Incident IDs, or unique prefixes
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,

    /// Name to record [default: your user name]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// Note for the timeline, at most 200 characters; that of a resolution is also in the next alert about the same failure
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// The new status.
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
    let note = Note::new(args.by.unwrap_or_else(|| user.to_owned()), args.note.as_deref());
    let mut changes = Vec::new();
    for id in args.ids {
        let changed = change(incidents, mark, &id, &note).await;
        changes.push(describe(mark, &id, &note, changed));
    }
    report(changes, ui)
}

fn describe(mark: Mark, asked: &str, note: &Note, changed: Result<(String, Changed), IncidentsError>) -> Change {
    let status = match mark {
        Mark::Acknowledged => Status::Acknowledged,
        Mark::Resolved => Status::Resolved,
    };
    let (id, changed) = match changed {
        Ok(changed) => changed,
        Err(error) => {
            return (json!({"incident_id": asked, "ok": false, "error": error.to_string()}), Err(error.into()));
        }
    };
    let line = match (changed, note.text()) {
        (Changed::Now, _) => format!("{id} is {status}"),
        (Changed::Before, None) => format!("{id} was already {status}"),
        (Changed::Before, Some(_)) => format!("{id} was already {status}; the note is not recorded"),
    };
    let changed = changed == Changed::Now;
    let mut document = json!({"incident_id": id, "ok": true, "status": status, "changed": changed});
    if let (Mark::Resolved, true, Some(text)) = (mark, changed, note.text()) {
        document["resolution_note"] = text.into();
    }
    (document, Ok(line))
}

async fn change(incidents: &Incidents, mark: Mark, id: &str, note: &Note) -> Result<(String, Changed), IncidentsError> {
    let incident = incidents.find(id).await?;
    let changed = match mark {
        Mark::Acknowledged => incidents.acknowledge(&incident, note).await?,
        Mark::Resolved => incidents.resolve(&incident, note).await?,
    };
    Ok((incident.incident_id, changed))
}
