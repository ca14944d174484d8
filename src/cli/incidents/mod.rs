//! `incidentctl incidents`.

mod analyse;
mod analysis;
mod cause;
mod export;
mod fields;
mod list;
mod logs;
mod mark;
mod outlook;
mod render;
mod show;
mod stats;
mod tail;
#[cfg(test)]
mod tests;

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::incidents::Incidents;
use crate::settings::Settings;
use crate::ui::{Ui, count};
use incident_deploy::aws::Clients;

use mark::Mark;

pub(super) use list::print as print_list;
pub(super) use outlook::Outlook;
pub(super) use render::details;
#[cfg(test)]
pub(super) use tests::incident as recorded;

/// Show, acknowledge and resolve incidents
#[derive(Debug, Args)]
pub struct IncidentsArgs {
    #[command(subcommand)]
    pub command: IncidentsCommand,
}

#[derive(Debug, Subcommand)]
pub enum IncidentsCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    /// Acknowledge incidents and stop their reminders
    Ack(mark::MarkArgs),
    /// Resolve incidents; a recurrence opens a new one
    Resolve(mark::MarkArgs),
    Tail(tail::TailArgs),
    Stats(stats::StatsArgs),
    Export(export::ExportArgs),
    Analyse(analyse::AnalyseArgs),
}

/// Warns about incidents that this version cannot read.
pub(super) fn tell_unreadable(ids: &[String], ui: &Ui) {
    if ids.is_empty() {
        return;
    }
    let number = count(ids.len(), "incident");
    ui.warn(&format!("skipped {number} that this version cannot read: {}", ids.join(", ")));
    ui.hint("a newer version may have written it: update incidentctl");
}

pub(super) async fn run(args: IncidentsArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    let clients = Clients::new(session.sdk());
    let incidents = Incidents::new(&clients, &settings.stack);
    match args.command {
        IncidentsCommand::List(args) => list::run(&args, &incidents, ui).await,
        IncidentsCommand::Show(args) => show::run(&args, &session, &incidents, ui).await,
        IncidentsCommand::Ack(args) => mark::run(args, Mark::Acknowledged, &incidents, &settings.user, ui).await,
        IncidentsCommand::Resolve(args) => mark::run(args, Mark::Resolved, &incidents, &settings.user, ui).await,
        IncidentsCommand::Tail(args) => tail::run(&args, &incidents, ui).await,
        IncidentsCommand::Stats(args) => stats::run(&args, &incidents, ui).await,
        IncidentsCommand::Export(args) => export::run(&args, &incidents, ui).await,
        IncidentsCommand::Analyse(args) => analyse::run(&args, &clients, &settings.stack, &incidents, ui).await,
    }
}
