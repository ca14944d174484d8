//! `incidentctl silence list`.

use clap::Args;
use jiff::Timestamp;

use super::pattern;
use crate::cli::time_arg;
use crate::error::CommandError;
use crate::incidents::{Incidents, SilenceState, SilenceStates};
use crate::ui::{Cell, Label, Table, Ui, count};

/// List silences and how many incidents each holds back
#[derive(Debug, Args)]
pub struct ListArgs {}

pub(super) async fn run(incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let SilenceStates { silences: states, unreadable } = incidents.silence_states(Timestamp::now().as_second()).await?;
    if ui.is_json() {
        ui.json(&states)?;
    } else if !states.is_empty() {
        ui.table(&table(&states))?;
    }
    match states.len() {
        0 => ui.say("no silences"),
        number => ui.say(count(number, "silence")),
    }
    if unreadable > 0 {
        ui.warn(&format!(
            "skipped {} that this version cannot read; unreadable silences hide nothing",
            count(unreadable, "silence")
        ));
    }
    Ok(())
}

fn table(states: &[SilenceState]) -> Table {
    let mut table = Table::new(["ID", "UNTIL (UTC)", "HOLDS", "BY", "INCIDENTS", "REASON"]);
    for SilenceState { silence, ended, held } in states {
        let until = time_arg::readable(&silence.until);
        table.row([
            silence.silence_id.clone().into(),
            if *ended { Cell::labelled(format!("{until} ended"), Label::Faint) } else { until.into() },
            held.to_string().into(),
            silence.by.clone().into(),
            pattern::words(&silence.pattern).into(),
            silence.reason.clone().into(),
        ]);
    }
    table
}
