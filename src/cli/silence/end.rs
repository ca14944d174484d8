//! `incidentctl silence end`.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::error::CommandError;
use crate::incidents::{EndedSilence, Incidents};
use crate::ui::{Ui, count};

/// End a silence now; the next sweep sends a summary of what it hid
#[derive(Debug, Args)]
pub struct EndArgs {
    /// Silence ID, or a unique prefix
    #[arg(value_name = "ID")]
    pub id: String,
}

pub(super) async fn run(args: &EndArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let ended = incidents.end_silence(&args.id, Timestamp::now().as_second()).await?;
    let EndedSilence { silence, changed, released } = &ended;
    if ui.is_json() {
        ui.json(&json!({
            "silence_id": silence.silence_id,
            "ok": true,
            "changed": changed,
            "until": silence.until,
            "released": released,
        }))?;
    }
    ui.say(summary(&ended));
    Ok(())
}

fn summary(ended: &EndedSilence) -> String {
    let id = &ended.silence.silence_id;
    let end = if ended.changed { format!("{id} has ended") } else { format!("{id} had already ended") };
    match ended.released {
        0 => format!("{end}; it held nothing back"),
        number => format!(
            "{end}; the next sweep, within a minute, sends the mail about {} it held back",
            count(number, "incident")
        ),
    }
}
