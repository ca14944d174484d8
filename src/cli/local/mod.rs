//! `incidentctl local`.

mod outbox;
mod serve;
mod start;
mod status;
mod stop;

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use incident_local::daemon::{Status, Unresponsive};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::{Label, Line, Ui};

pub(super) use outbox::{confirm, mail_text};
pub(super) use stop::stop;

/// Manage the local AWS: an offline AWS endpoint on this machine
#[derive(Debug, Args)]
pub struct LocalArgs {
    #[command(subcommand)]
    pub command: LocalCommand,
}

impl LocalArgs {
    /// Whether this process is the local AWS, which handles its own shutdown.
    pub(super) fn serves(&self) -> bool {
        matches!(self.command, LocalCommand::Serve(_))
    }
}

#[derive(Debug, Subcommand)]
pub enum LocalCommand {
    Start(start::StartArgs),
    Status(status::StatusArgs),
    Stop(stop::StopArgs),
    Outbox(outbox::OutboxArgs),
    #[command(hide = true)]
    Serve(Box<serve::ServeArgs>),
}

pub(super) async fn run(args: LocalArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match args.command {
        LocalCommand::Start(args) => start::run(args, settings, ui).await,
        LocalCommand::Status(args) => status::run(&args, settings, ui).await,
        LocalCommand::Stop(args) => stop::run(&args, settings, ui).await,
        LocalCommand::Outbox(args) => outbox::run(args, settings, ui).await,
        LocalCommand::Serve(args) => serve::run(*args).await,
    }
}

fn show(status: &Status, ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.json(&document(Some(status)));
    }
    let fields = [
        ("endpoint", status.endpoint.clone()),
        ("process", status.pid.to_string()),
        ("account", status.account.clone()),
        ("region", status.region.clone()),
        ("outbox", status.outbox.display().to_string()),
        (
            "clients",
            "eval \"$(incidentctl local status --export)\" exports the access key for other AWS clients".to_owned(),
        ),
    ];
    ui.print_all(fields.map(|(name, value)| Line::labelled(Label::Faint, format!("{name:10}")).and(value)))
}

/// The JSON of `status` for one that does not answer.
fn unresponsive_document(unresponsive: &Unresponsive) -> Value {
    let Unresponsive { pid, endpoint, state } = unresponsive;
    let mut document = document(None);
    document["unresponsive"] = json!({"pid": pid, "endpoint": endpoint, "state": state});
    document
}

/// The JSON of `start` and `status`.
fn document(status: Option<&Status>) -> Value {
    json!({
        "running": status.is_some(),
        "endpoint": status.map(|status| &status.endpoint),
        "pid": status.map(|status| status.pid),
        "account": status.map(|status| &status.account),
        "region": status.map(|status| &status.region),
        "outbox": status.map(|status| &status.outbox),
        "environment": status.map(|status| BTreeMap::from(status.environment())),
    })
}
