//! `incidentctl subscriptions`.

mod confirm;
mod list;

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::aws::Clients;

/// See who gets the alerts, and confirm an address so that no mail scanner can unsubscribe it
#[derive(Debug, Args)]
pub struct SubscriptionsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: SubscriptionsCommand,
}

/// What to do with subscriptions.
#[derive(Debug, Subcommand)]
pub enum SubscriptionsCommand {
    List(list::ListArgs),
    Confirm(confirm::ConfirmArgs),
}

/// Runs one of them.
pub(super) async fn run(args: SubscriptionsArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match args.command {
        SubscriptionsCommand::List(list::ListArgs {}) => {
            let (clients, topic) = connect(settings, ui).await?;
            list::run(&clients, &topic, ui).await
        }
        SubscriptionsCommand::Confirm(args) => {
            let given = args.read()?;
            let (clients, topic) = connect(settings, ui).await?;
            confirm::run(&given, &clients, &topic, ui).await
        }
    }
}

/// The clients, and the stack's topic.
async fn connect(settings: &Settings, ui: &Ui) -> Result<(Clients, String), CommandError> {
    let session = super::connect(settings, ui).await?;
    let topic = session.arn("sns", &format!("{}-alerts", settings.stack));
    Ok((Clients::new(session.sdk()), topic))
}
