//! `incidentctl incidents show`.

use clap::Args;
use incident_model::{Incident, Silence};
use jiff::Timestamp;
use serde_json::Value;

use super::outlook::{self, Outlook};
use super::render;
use crate::error::CommandError;
use crate::incidents::Incidents;
use crate::ui::Ui;

/// Show one incident in detail
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Incident ID, or a unique prefix
    #[arg(value_name = "ID")]
    pub id: String,
}

pub(super) async fn run(args: &ShowArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let incident = incidents.find(&args.id).await?;
    let silences = if incident.silenced_by.is_some() { incidents.silences().await? } else { Vec::new() };
    if ui.is_json() {
        return ui.json(&document(&incident, &silences)?);
    }
    let outlook = Outlook::of(&incident, &silences, Timestamp::now().as_second());
    ui.print_all(render::details(&incident, &outlook))
}

/// The record, and the silence that holds its mail back.
fn document(incident: &Incident, silences: &[Silence]) -> Result<Value, CommandError> {
    let mut document = serde_json::to_value(incident)?;
    if let Some(silence) = outlook::holding(incident, silences) {
        document["silence"] = serde_json::to_value(silence)?;
    }
    Ok(document)
}
