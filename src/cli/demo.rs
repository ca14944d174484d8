//! `incidentctl demo`.

mod program;

use incident_deploy::engine::Interrupt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use incident_local::outbox::{self, MailKind, StoredMail};
use incident_model::Incident;

use super::deployment::DeploymentArgs;
use super::interruptible::until;
use super::trigger_test::{self, TriggerTestArgs};
use super::{down, incidents, local, up};
use crate::drill::FailureKind;
use crate::error::CommandError;
use crate::incidents::{Filter, Incidents};
use crate::local_session::LocalError;
use crate::session::Session;
use crate::settings::{EmailAddress, Settings};
use crate::ui::{Label, Line, Ui, wrap};
use incident_deploy::aws::Clients;

/// Width of the narration.
const WIDTH: usize = 96;
/// How long to follow the drill, in seconds.
const DRILL_TIMEOUT: u64 = 60;
/// How long to wait for the mail: it is delivered a moment after it was accepted.
const MAIL_TIMEOUT: Duration = Duration::from_secs(10);
const MAIL_PAUSE: Duration = Duration::from_millis(20);

/// Walk through an incident offline, from deployment to alert
///
/// Runs on the local AWS: needs no account, and nothing leaves this machine.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Remove the stack and stop the local AWS at the end
    #[arg(long)]
    pub down: bool,

    /// Address to send the alert to; the mail lands in the outbox of the local AWS
    #[arg(long, value_name = "ADDRESS", default_value = "you@example.com")]
    pub email: EmailAddress,

    /// Handler binary [default: next to this program; in a source checkout, built when missing or stale]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,
}

pub(super) async fn run(args: DemoArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        return Err(CommandError::usage("the demo has no JSON output")
            .hint("in scripts use up, trigger-test, incidents list and down with --local --output json"));
    }
    let (settings, ui) = (settings.locally(), &ui.locally());
    let story = Story { ui, settings: &settings };
    let interrupt = Interrupt::listen()?;
    let session = until(&interrupt, story.begin(&args)).await?;
    let incident = story.fail(&session, &interrupt).await?;
    until(&interrupt, story.end(&session, &incident, &args)).await
}

/// The chapters; each runs one command.
struct Story<'a> {
    ui: &'a Ui,
    settings: &'a Settings,
}

impl Story<'_> {
    /// Up to the failure.
    async fn begin(&self, args: &DemoArgs) -> Result<Session, CommandError> {
        let session = self.start().await?;
        self.provision(&session, args).await?;
        self.confirm(&session, &args.email).await?;
        Ok(session)
    }

    /// From the mail on.
    async fn end(&self, session: &Session, incident: &Incident, args: &DemoArgs) -> Result<(), CommandError> {
        self.mail(session, incident).await?;
        self.list(session).await?;
        match args.down {
            true => self.remove(session).await,
            false => self.next_steps(),
        }
    }

    async fn start(&self) -> Result<Session, CommandError> {
        self.chapter(
            "1. An AWS account on this machine",
            "The demo needs no account. A small AWS runs in the background, on 127.0.0.1, and is as strict as the real \
             one. The same commands without --local do the same in your account.",
        )?;
        super::connect(self.settings, self.ui).await
    }

    async fn provision(&self, session: &Session, args: &DemoArgs) -> Result<(), CommandError> {
        self.chapter(
            &format!("2. Provision the stack: {}", self.command(&format!("up --yes --email {}", args.email))),
            "A table for incidents, a topic that mails you, rules that see every failure, a function that analyses it, \
             and one that fails on purpose. Each is created as soon as its dependencies exist.",
        )?;
        let deployment = DeploymentArgs {
            emails: vec![args.email.clone()],
            handler: args.handler.clone(),
            ..DeploymentArgs::default()
        };
        let args = up::UpArgs { deployment, ..up::UpArgs::default() };
        // The demo has nothing to lose: an interrupt may stop it anywhere.
        up::provision(session, args, self.settings, &Interrupt::never(), self.ui).await
    }

    async fn confirm(&self, session: &Session, email: &EmailAddress) -> Result<(), CommandError> {
        self.chapter(
            &format!("3. Confirm the subscription: {}", self.command("local outbox --confirm")),
            &format!(
                "AWS sends alerts only to confirmed addresses. {email} got a mail with a confirmation link, now in the \
                 outbox of the local AWS. The demo follows the link for you."
            ),
        )?;
        local::confirm(session, self.ui).await
    }

    async fn fail(&self, session: &Session, interrupt: &Interrupt) -> Result<Incident, CommandError> {
        self.chapter(
            &format!("4. Fail on purpose: {}", self.command("trigger-test --kind bad-deploy")),
            "A new version of the error generator is deployed, and it does not start. Lambda sends the failure to the event \
             bus; a rule forwards it to the handler, which records it, reads the log of the failed request, finds out what \
             changed, and alerts you. Then the version before is put back.",
        )?;
        let args = TriggerTestArgs { kind: FailureKind::BadDeploy, timeout: DRILL_TIMEOUT };
        trigger_test::follow(&args, session, &self.settings.stack, interrupt, self.ui).await
    }

    async fn mail(&self, session: &Session, incident: &Incident) -> Result<(), CommandError> {
        self.chapter(
            &format!("5. The email: {}", self.command("local outbox show --last")),
            "One readable mail per incident: what failed, where, since when, how often, what to do, and why it failed.",
        )?;
        let mail = mail_about(session, &incident.incident_id).await?;
        let lines = local::mail_text(&mail).into_iter().flat_map(fitted);
        self.ui.print_all(lines.map(|line| line.indented("  │ ")))?;
        self.ui.print(Line::labelled(Label::Faint, format!("  {}", mail.file.display())))
    }

    async fn list(&self, session: &Session) -> Result<(), CommandError> {
        self.chapter(
            &format!("6. The record: {}", self.command("incidents list")),
            "Every incident stays in the table, with its history.",
        )?;
        let incidents = Incidents::new(&Clients::new(session.sdk()), &self.settings.stack);
        let listing = incidents.list(&Filter { limit: Some(10), ..Filter::default() }).await?;
        incidents::print_list(&listing.incidents, self.ui)
    }

    async fn remove(&self, session: &Session) -> Result<(), CommandError> {
        let title = format!("7. Take it down: {}", self.command("down --yes"));
        self.chapter(&title, "Everything the stack owns is deleted, in reverse order.")?;
        down::remove_stack(session, down::DownArgs::default(), self.settings, &Interrupt::never(), self.ui).await?;
        local::stop(self.settings, self.ui).await.map(drop)
    }

    fn next_steps(&self) -> Result<(), CommandError> {
        self.chapter("What next", "The stack is still up; try:")?;
        let steps = [
            (
                self.command("trigger-test --kind oom"),
                "fail another way: exception, timeout, oom, panic, crash, access-denied, config-change, dependency",
            ),
            (self.command("incidents list"), "list all incidents; `incidents show ID` shows one in detail"),
            (self.command("status"), "check that an alert would arrive"),
            (self.command("local outbox"), "list all mails"),
            (self.command("down --yes"), "remove the stack; `local stop` stops the local AWS"),
            (program::callable("incidentctl up --email you@example.com"), "deploy to your AWS account"),
        ];
        for (command, what) in steps {
            self.ui.print(Line::from("  ").and_labelled(Label::Strong, command))?;
            self.ui.print(format!("      {what}"))?;
        }
        Ok(())
    }

    /// A command line for the stack of the demo.
    fn command(&self, command: &str) -> String {
        program::callable(&self.settings.command(command))
    }

    fn chapter(&self, title: &str, text: &str) -> Result<(), CommandError> {
        let text = wrap(text, WIDTH).into_iter().map(Line::from);
        let head = [Line::default(), Line::labelled(Label::Strong, title)];
        self.ui.print_all(head.into_iter().chain(text).chain([Line::default()]))
    }
}

/// Wraps a line of a mail to the width of the narration; a line that fits keeps its spacing.
fn fitted(line: Line) -> Vec<Line> {
    let text = line.to_string();
    match text.chars().count() > WIDTH {
        true => wrap(&text, WIDTH).into_iter().map(Line::from).collect(),
        false => vec![line],
    }
}

/// The alert of an incident.
async fn mail_about(session: &Session, incident_id: &str) -> Result<StoredMail, CommandError> {
    let Some(local) = session.local() else {
        return Err(CommandError::failed("the demo runs on the local AWS only"));
    };
    let started = Instant::now();
    loop {
        let mails = outbox::read(&local.outbox).map_err(LocalError::from)?;
        let about =
            |mail: &StoredMail| mail.kind.as_deref() == Some(MailKind::NOTIFICATION) && mail.body.contains(incident_id);
        if let Some(mail) = mails.into_iter().rev().find(about) {
            return Ok(mail);
        }
        if started.elapsed() > MAIL_TIMEOUT {
            return Err(CommandError::failed(format!("the mail about {incident_id} did not arrive in the outbox"))
                .hint("`incidentctl local outbox` lists the mails"));
        }
        tokio::time::sleep(MAIL_PAUSE).await;
    }
}
