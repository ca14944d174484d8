//! `incidentctl incidents tail`.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use incident_model::Incident;

use crate::cli::time_arg;
use crate::error::CommandError;
use crate::incidents::{Filter, Incidents, Listing};
use crate::ui::Ui;

/// Poll interval.
const PAUSE: Duration = Duration::from_secs(1);
/// The index lags behind and clocks differ: each poll looks this far back, in seconds.
const OVERLAP: i64 = 60;

/// Show new incidents as they are recorded, until interrupted
#[derive(Debug, Args)]
pub struct TailArgs {}

pub(super) async fn run(_args: &TailArgs, incidents: &Incidents, ui: &Ui) -> Result<(), CommandError> {
    let mut seen: HashSet<String> = ids(look(incidents, ui).await?).collect();
    ui.say("waiting for incidents; press Ctrl-C to stop");
    loop {
        tokio::time::sleep(PAUSE).await;
        let mut recent = look(incidents, ui).await?;
        recent.incidents.reverse();
        for incident in &recent.incidents {
            if !seen.contains(&incident.incident_id) {
                show(incident, ui)?;
            }
        }
        let unreadable: Vec<String> = recent.unreadable.iter().filter(|id| !seen.contains(*id)).cloned().collect();
        super::tell_unreadable(&unreadable, ui);
        if ui.reader_left() {
            return Ok(());
        }
        // Only IDs of the last poll can recur, so the set stays small.
        seen = ids(recent).collect();
    }
}

fn ids(listing: Listing) -> impl Iterator<Item = String> {
    listing.incidents.into_iter().map(|incident| incident.incident_id).chain(listing.unreadable)
}

async fn look(incidents: &Incidents, ui: &Ui) -> Result<Listing, CommandError> {
    let since = time_arg::before_now(OVERLAP);
    Ok(incidents.list(&Filter { since: Some(since), brief: !ui.is_json(), ..Filter::default() }).await?)
}

fn show(incident: &Incident, ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.json(incident);
    }
    let time = time_arg::readable(&incident.created_at);
    ui.print(format!("{time}  {:8}  {}  {}", incident.severity, incident.incident_id, incident.summary))
}
