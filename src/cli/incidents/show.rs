//! `incidentctl incidents show`.

use clap::Args;
use incident_model::{Incident, Silence};
use jiff::Timestamp;
use serde_json::Value;

use super::logs::{self, Lines};
use super::outlook::{self, Outlook};
use super::render;
use crate::error::CommandError;
use crate::incidents::Incidents;
use crate::session::Session;
use crate::ui::Ui;

/// Show one incident in detail
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Incident ID, or a unique prefix
    #[arg(value_name = "ID")]
    pub id: String,

    /// Show all log lines of the failed request, read now and with your own permissions; redacted like those of the record
    #[arg(long)]
    pub logs: bool,
}

pub(super) async fn run(
    args: &ShowArgs,
    session: &Session,
    incidents: &Incidents,
    ui: &Ui,
) -> Result<(), CommandError> {
    let incident = incidents.find(&args.id).await?;
    let silences = if incident.silenced_by.is_some() { incidents.silences().await? } else { Vec::new() };
    let lines = if args.logs { Some(logs::read(session, &incident).await) } else { None };
    if ui.is_json() {
        return ui.json(&document(&incident, &silences, lines)?);
    }
    let outlook = Outlook::of(&incident, &silences, Timestamp::now().as_second());
    match lines {
        None => ui.print_all(render::details(&incident, &outlook)),
        Some(lines) => {
            ui.print_all(render::details(&logs::without(incident), &outlook))?;
            logs::print(&lines, ui)
        }
    }
}

/// The record, the silence that holds its mail back, and the log lines.
fn document(incident: &Incident, silences: &[Silence], lines: Option<Lines>) -> Result<Value, CommandError> {
    let mut document = serde_json::to_value(incident)?;
    if let Some(silence) = outlook::holding(incident, silences) {
        document["silence"] = serde_json::to_value(silence)?;
    }
    if let (Some(lines), Some(members)) = (lines, document.as_object_mut()) {
        members.extend(logs::members(lines)?);
    }
    Ok(document)
}
