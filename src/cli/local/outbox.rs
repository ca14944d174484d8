//! `incidentctl local outbox`.

use std::path::Path;

use clap::{Args, Subcommand};
use incident_local::daemon::{self, Found};
use incident_local::outbox::{MailKind, StoredMail, read};
use serde_json::{Value, json};

use crate::cli::time_arg;
use crate::error::CommandError;
use crate::local_session::{self, Confirmation, LocalError};
use crate::session::Session;
use crate::settings::Settings;
use crate::ui::{Label, Line, Table, Ui};
use incident_deploy::aws::Clients;

/// List the mails the local AWS sent, newest last
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct OutboxArgs {
    /// Follow the links of pending confirmation mails
    #[arg(long, conflicts_with = "last")]
    pub confirm: bool,

    /// Print the newest mail
    #[arg(long)]
    pub last: bool,

    #[command(subcommand)]
    pub command: Option<OutboxCommand>,
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Print one mail
    Show {
        /// Number in the list, or file [default: the newest]
        #[arg(value_name = "NUMBER|FILE")]
        mail: Option<String>,

        /// Print the newest mail
        #[arg(long, conflicts_with = "mail")]
        last: bool,
    },
}

pub(super) async fn run(args: OutboxArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let directory = local_session::outbox(&settings.local_directory);
    match args.command {
        Some(OutboxCommand::Show { mail, .. }) => show(mail.as_deref(), &directory, ui),
        None if args.last => show(None, &directory, ui),
        None if args.confirm => confirm_waiting(settings, ui).await,
        None => list(&directory, ui),
    }
}

fn list(directory: &Path, ui: &Ui) -> Result<(), CommandError> {
    let mails = read(directory).map_err(LocalError::from)?;
    if ui.is_json() {
        return ui.json(&mails);
    }
    if mails.is_empty() {
        ui.say(format!("no mails in {}", directory.display()));
        return Ok(());
    }
    let mut table = Table::new(["NUMBER", "TIME (UTC)", "TO", "SUBJECT"]);
    for (index, mail) in mails.iter().enumerate() {
        let time = mail.date.map(|date| time_arg::readable(&date.to_string())).unwrap_or_default();
        table.row([(index + 1).to_string().into(), time.into(), mail.to.clone().into(), mail.subject.clone().into()]);
    }
    ui.table(&table)
}

fn show(which: Option<&str>, directory: &Path, ui: &Ui) -> Result<(), CommandError> {
    let mails = read(directory).map_err(LocalError::from)?;
    let Some(mail) = choose(&mails, which) else {
        let message = match which {
            Some(which) => format!("no mail `{which}` in {}", directory.display()),
            None => format!("no mails in {}", directory.display()),
        };
        return Err(CommandError::user(message).hint("`incidentctl local outbox` lists them"));
    };
    match ui.is_json() {
        true => ui.json(mail),
        false => ui.print_all(mail_text(mail)),
    }
}

fn choose<'a>(mails: &'a [StoredMail], which: Option<&str>) -> Option<&'a StoredMail> {
    let Some(which) = which else { return mails.last() };
    match which.parse::<usize>() {
        Ok(number) => mails.get(number.checked_sub(1)?),
        Err(_) => mails.iter().find(|mail| mail.file == Path::new(which) || mail.file.ends_with(which)),
    }
}

/// A mail as a mail client shows it.
pub(in crate::cli) fn mail_text(mail: &StoredMail) -> Vec<Line> {
    let header = |name: &str| Line::labelled(Label::Faint, format!("{name:8}")).and(" ");
    let date = mail.date.map(|date| time_arg::readable(&date.to_string())).unwrap_or_default();
    let head = [
        header("To:").and(mail.to.as_str()),
        header("Date:").and(date),
        header("Subject:").and_labelled(Label::Strong, mail.subject.as_str()),
        Line::default(),
    ];
    head.into_iter().chain(mail.body.trim_end().lines().map(Line::from)).collect()
}

async fn confirm_waiting(settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let Found::Running(_) = daemon::find(&settings.local_directory).await else {
        return Err(CommandError::user("the local AWS is not running, so there is nothing to confirm")
            .hint("`incidentctl up --local --email you@example.com` starts it and sends a confirmation mail"));
    };
    let settings = settings.locally();
    let session = crate::cli::connect(&settings, ui).await?;
    let confirmations = follow_links(&session).await?;
    if ui.is_json() {
        ui.json(&confirmations.iter().map(document).collect::<Vec<_>>())?;
    }
    report(&confirmations, ui)
}

/// Follows the links of all pending confirmation mails of a session's local AWS, and reports the outcome of each.
pub(in crate::cli) async fn confirm(session: &Session, ui: &Ui) -> Result<(), CommandError> {
    report(&follow_links(session).await?, ui)
}

async fn follow_links(session: &Session) -> Result<Vec<Confirmation>, CommandError> {
    let Some(local) = session.local() else { return Ok(Vec::new()) };
    let sns = Clients::new(session.sdk()).sns;
    Ok(local_session::confirm_emails(&sns, &local.endpoint, &local.outbox).await?)
}

/// Reports the outcome of each, and fails if one is still pending.
fn report(confirmations: &[Confirmation], ui: &Ui) -> Result<(), CommandError> {
    if confirmations.is_empty() {
        ui.say("no subscription is pending");
    }
    let mut pending = Vec::new();
    for confirmation in confirmations {
        match &confirmation.failure {
            None => ui.say(format!("{} is confirmed and receives alerts", confirmation.address)),
            Some(failure) => {
                ui.warn(&format!("{} is not confirmed: {failure}", confirmation.address));
                pending.push(confirmation.address.as_str());
            }
        }
    }
    match pending.as_slice() {
        [] => Ok(()),
        addresses => Err(CommandError::failed(format!("not confirmed: {}", addresses.join(", ")))
            .hint("`incidentctl up` sends a new confirmation mail")),
    }
}

fn document(confirmation: &Confirmation) -> Value {
    json!({
        "address": confirmation.address,
        "topic": confirmation.topic,
        "kind": MailKind::CONFIRMATION,
        "confirmed": confirmation.failure.is_none(),
        "failure": confirmation.failure,
    })
}
