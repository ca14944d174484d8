//! `incidentctl trigger-test`.

mod altered;
mod cause;

use std::time::Duration;

use clap::Args;
use incident_model::Incident;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::incidents;
use super::interruptible::until;
use crate::drill::{self, Drill, DrillError, FailureKind, Generator, Progress, Stage};
use crate::error::CommandError;
use crate::local_session;
use crate::session::Session;
use crate::settings::{Settings, StackName};
use crate::ui::{Label, Line, Ui};
use incident_deploy::aws::Clients;
use incident_deploy::engine::Interrupt;
use incident_deploy::resources::Subscription;

/// Cause a test failure and follow it until its alert email is accepted
///
/// Invokes the stack's error generator asynchronously. The failure takes the usual path: on-failure
/// destination, event bus, rule, handler, table, topic.
///
/// The kinds bad-deploy, config-change and dependency test what the alert says as well: it should name the deployment, the
/// changed configuration or the host as the cause. If it does not, a warning says so, and in JSON `cause_as_expected` is false;
/// the test has passed, because the alert came. bad-deploy and config-change change the error generator and put it back, also
/// after a failure or an interrupt. If this command is killed in between, the next one puts it back, and so does `up`.
#[derive(Debug, Args)]
pub struct TriggerTestArgs {
    /// Kind of failure
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    pub kind: FailureKind,

    /// How long to follow, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "90", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

pub(super) async fn run(args: TriggerTestArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let interrupt = Interrupt::listen()?;
    let session = until(&interrupt, super::connect(settings, ui)).await?;
    follow(&args, &session, &settings.stack, &interrupt, ui).await.map(drop)
}

/// Runs the drill on a connected account.
pub(super) async fn follow(
    args: &TriggerTestArgs,
    session: &Session,
    stack: &StackName,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<Incident, CommandError> {
    let clients = Clients::new(session.sdk());
    let generator = Generator::new(&clients, stack);
    until(interrupt, altered::repair(&generator, args.kind, ui)).await?;
    let mut progress = Progress::default();
    let drill = drilled(args, session, stack, &mut progress, ui);
    let incident = match args.kind.alteration() {
        None => until(interrupt, drill).await?,
        Some(alteration) => {
            until(interrupt, altered::snapshot(&clients, stack, ui)).await?;
            altered::during(&generator, alteration, interrupt, ui, drill).await?
        }
    };
    until(interrupt, reported(args, &incident, &progress, session, stack, ui)).await?;
    Ok(incident)
}

/// Causes the failure and follows it, and reports its stages.
async fn drilled(
    args: &TriggerTestArgs,
    session: &Session,
    stack: &StackName,
    progress: &mut Progress,
    ui: &Ui,
) -> Result<Incident, CommandError> {
    let clients = Clients::new(session.sdk());
    let drill = Drill::new(clients, stack, args.kind, Duration::from_secs(args.timeout));
    let mut reported = Ok(());
    let report = |stage, at, progress: &Progress| {
        if reported.is_ok() {
            reported = report_stage(ui, args.kind, stage, at, progress);
        }
    };
    let outcome = drill::run(&drill, progress, report).await;
    let incident = match outcome {
        Ok(incident) => incident,
        Err(error) => return Err(with_storage(session, explained(error, stack, progress)).await),
    };
    reported?;
    check_storage(session, progress).await?;
    Ok(incident)
}

/// Reports the alert and what may keep it from its recipients.
async fn reported(
    args: &TriggerTestArgs,
    incident: &Incident,
    progress: &Progress,
    session: &Session,
    stack: &StackName,
    ui: &Ui,
) -> Result<(), CommandError> {
    warn_of_pending(session, &Clients::new(session.sdk()), stack, ui).await;
    cause::warn(args.kind, incident, ui);
    if ui.is_json() {
        return ui.json(&result(args.kind, incident, progress));
    }
    let now = Timestamp::now().as_second();
    let details = incidents::details(incident, &incidents::Outlook::of(incident, &[], now));
    ui.print_all([Line::default()].into_iter().chain(details))
}

fn report_stage(
    ui: &Ui,
    kind: FailureKind,
    stage: Stage,
    at: Duration,
    progress: &Progress,
) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.json(&json!({"type": "stage", "stage": stage.name(), "seconds": seconds(at)}));
    }
    let incident = progress.incident.as_ref();
    let what = match stage {
        Stage::Invoked => {
            format!(
                "the error generator, to fail by {} (request {})",
                kind.name(),
                progress.request_id.as_deref().unwrap_or("?")
            )
        }
        Stage::Failed => "as it should".to_owned(),
        Stage::Recorded => {
            incident.map(|found| format!("{} {}", found.severity, found.incident_id)).unwrap_or_default()
        }
        Stage::Notified => "the alert is accepted for delivery".to_owned(),
    };
    let time = Line::from(format!("{:6.2} s  ", at.as_secs_f64()));
    ui.print(time.and_labelled(Label::Success, format!("{:9}", stage.name())).and(" ").and(what))
}

fn result(kind: FailureKind, incident: &Incident, progress: &Progress) -> Value {
    let mut result = json!({
        "type": "result",
        "ok": true,
        "incident_id": incident.incident_id,
        "severity": incident.severity,
        "request_id": progress.request_id,
        "seconds": progress.at(Stage::Notified).map(seconds),
        "stages": stages(progress),
    });
    cause::add(&mut result, kind, incident);
    result
}

fn stages(progress: &Progress) -> Value {
    Stage::ALL.into_iter().map(|stage| (stage.name().to_owned(), json!(progress.at(stage).map(seconds)))).collect()
}

/// Milliseconds are as precise as it gets.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Adds that the local AWS cannot write, to whatever came of that.
async fn with_storage(session: &Session, failed: CommandError) -> CommandError {
    match local_session::storage_trouble(session).await {
        Ok(None) => failed,
        Ok(Some(trouble)) => failed.causes([trouble.to_string()]).hint(local_session::STORAGE_HINT),
        Err(unknown) => failed.causes([unknown.to_string()]),
    }
}

/// Fails if the local AWS has accepted the alert but cannot write its mail.
async fn check_storage(session: &Session, progress: &Progress) -> Result<(), CommandError> {
    match local_session::storage_trouble(session).await? {
        None => Ok(()),
        Some(trouble) => Err(CommandError::failed(format!("the alert was accepted but not mailed: {trouble}"))
            .hint(local_session::STORAGE_HINT)
            .detail("request_id", progress.request_id.clone())
            .detail("stages", stages(progress))),
    }
}

/// Warns about unconfirmed addresses: the alert is accepted, but they receive nothing.
async fn warn_of_pending(session: &Session, clients: &Clients, stack: &StackName, ui: &Ui) {
    let subscriptions = match Subscription::of_topic(clients, &session.arn("sns", &stack.alert_topic())).await {
        Ok(subscriptions) => subscriptions,
        Err(error) => return ui.warn(&format!("cannot list the recipients of the alert: {error}")),
    };
    if subscriptions.is_empty() {
        ui.warn("the alert has no recipient: the stack has no email address");
        ui.hint("`incidentctl up --email you@example.com` adds one");
    }
    let pending: Vec<String> = subscriptions.into_iter().filter(|one| one.pending).map(|one| one.endpoint).collect();
    if !pending.is_empty() {
        ui.warn(&format!("not confirmed, so not alerted: {}", pending.join(", ")));
        ui.hint(match session.is_local() {
            true => "`incidentctl local outbox --confirm` follows the links of the confirmation mails",
            false => "open the link in the mail `AWS Notification - Subscription Confirmation`",
        });
    }
}

fn explained(error: DrillError, stack: &StackName, progress: &Progress) -> CommandError {
    let failed = match &error {
        DrillError::Incidents(_) | DrillError::NoStack { .. } => CommandError::user(&error),
        DrillError::Invoke(source) => CommandError::failed(&error).caused_by(source.clone()),
        DrillError::Missing { stage, .. } => CommandError::failed(&error).detail("stage", stage.name()),
    };
    failed
        .hints(hints(&error, stack, progress))
        .detail("request_id", progress.request_id.clone())
        .detail("stages", stages(progress))
}

/// What to look at next.
fn hints(error: &DrillError, stack: &StackName, progress: &Progress) -> Vec<String> {
    match error {
        DrillError::NoStack { .. } => {
            vec!["`incidentctl up` provisions it; --stack and --region select another".to_owned()]
        }
        DrillError::Invoke(source) => source.hint().map(str::to_owned).into_iter().collect(),
        DrillError::Incidents(error) => error.hints(),
        DrillError::Missing { stage, .. } => match stage {
            Stage::Invoked | Stage::Failed => {
                vec!["check the generator's log: `incidentctl logs generator`".to_owned()]
            }
            Stage::Recorded => vec![
                "check the handler's log: `incidentctl logs handler`".to_owned(),
                format!("look for the event in the queues {} and {}", stack.rule_queue(), stack.handler_queue()),
                "`incidentctl plan` shows which parts of the path are missing".to_owned(),
            ],
            Stage::Notified => match progress.incident.as_ref().and_then(|incident| incident.silenced_by.as_ref()) {
                Some(id) => vec![format!("a silence holds it back; `incidentctl silence end {id}` ends it")],
                None => vec!["check why the alert was not sent: `incidentctl logs handler`".to_owned()],
            },
        },
    }
}
