//! `incidentctl watch`.

mod change;
mod list;

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use crate::watch::Watch;
use incident_deploy::aws::Clients;

/// Send failures of existing functions to the event bus, with their error
#[derive(Debug, Args)]
pub struct WatchArgs {
    #[command(subcommand)]
    pub command: WatchCommand,
}

#[derive(Debug, Subcommand)]
pub enum WatchCommand {
    Add(change::AddArgs),
    Remove(change::RemoveArgs),
    List(list::ListArgs),
}

pub(super) async fn run(args: WatchArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    let clients = Clients::new(session.sdk());
    let watch = Watch::new(&session, &clients, settings.stack.handler());
    match args.command {
        WatchCommand::Add(args) => {
            change::add(&args, &watch, ui).await?;
            change::warn_of_no_listener(&clients, &settings.stack, ui).await;
            Ok(())
        }
        WatchCommand::Remove(args) => change::remove(&args, &watch, ui).await,
        WatchCommand::List(args) => list::run(&args, &watch, &clients, &settings.stack, ui).await,
    }
}
