//! `incidentctl silence`.

mod add;
mod end;
mod list;
mod pattern;

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::incidents::Incidents;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::aws::Clients;

/// Hold back mails about some incidents for a while
#[derive(Debug, Args)]
pub struct SilenceArgs {
    #[command(subcommand)]
    pub command: SilenceCommand,
}

#[derive(Debug, Subcommand)]
pub enum SilenceCommand {
    Add(Box<add::AddArgs>),
    List(list::ListArgs),
    End(end::EndArgs),
}

pub(super) async fn run(args: SilenceArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    let incidents = Incidents::new(&Clients::new(session.sdk()), &settings.stack);
    match args.command {
        SilenceCommand::Add(args) => add::run(*args, &incidents, &settings.user, ui).await,
        SilenceCommand::List(list::ListArgs {}) => list::run(&incidents, ui).await,
        SilenceCommand::End(args) => end::run(&args, &incidents, ui).await,
    }
}
