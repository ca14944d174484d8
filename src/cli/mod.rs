//! The commands: one file each, arguments (their doc comments are the manual) next to the function that runs them.

mod changes;
mod completions;
mod confirm;
mod dead_letters;
mod demo;
mod deployed;
mod deployment;
mod doctor;
mod down;
mod engine_error;
mod environment;
mod failure;
mod incidents;
mod init;
mod interruptible;
mod local;
mod logs;
mod plan;
#[cfg(test)]
mod reference;
mod rules;
mod silence;
mod status;
mod subscriptions;
mod template;
#[cfg(test)]
mod tests;
mod time_arg;
mod trigger_test;
mod up;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::local_session;
use crate::session::Session;
use incident_deploy::engine::Engine;

use crate::error::CommandError;
use crate::settings::{GlobalArgs, Invocation, Settings};
use crate::ui::{Ui, report_panics, usage_error};
use interruptible::interruptible;

/// Automatic incident detection and alerting for an AWS account
///
/// When a Lambda function or another AWS service fails, incidentctl records an incident with a severity and a
/// recommendation, and sends one readable email to the people in charge.
#[derive(Debug, Parser)]
#[command(name = "incidentctl", bin_name = "incidentctl", version, arg_required_else_help = true, after_help = environment::EXPLANATION)]
pub struct Cli {
    /// Flags that every command has.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order a newcomer meets them.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a comment here would replace those of the arguments, which are the manual")]
pub enum Command {
    Up(up::UpArgs),
    Plan(plan::PlanArgs),
    Down(down::DownArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    Template(template::TemplateArgs),
    TriggerTest(trigger_test::TriggerTestArgs),
    Incidents(incidents::IncidentsArgs),
    Silence(silence::SilenceArgs),
    DeadLetters(dead_letters::DeadLettersArgs),
    Subscriptions(subscriptions::SubscriptionsArgs),
    Watch(watch::WatchArgs),
    Rules(rules::RulesArgs),
    Logs(logs::LogsArgs),
    Local(local::LocalArgs),
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Completions(completions::CompletionsArgs),
}

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// `plan --detailed-exitcode` found changes: exit code 2.
    ChangesPending,
    /// `doctor` or `status` found something broken: exit code 1.
    Unhealthy,
}

/// Parses the arguments, runs the command, and returns its exit code: of clap's own messages 0 for help and version, 2 for mistakes.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    report_panics();
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            usage_error(error);
            return code;
        }
    };
    let ui = Ui::new(&cli.global, Invocation::of(&cli.global, cli.command.engine()));
    let streams_result = cli.command.streams_result();
    match run(cli, &ui) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::ChangesPending) => ExitCode::from(2),
        Ok(Outcome::Unhealthy) => ExitCode::FAILURE,
        Err(error) => {
            ui.failure(&error, streams_result);
            error.exit_code()
        }
    }
}

/// The clap command, with an environment variable for every flag.
pub fn command() -> clap::Command {
    environment::with_variables(Cli::command())
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn run(cli: Cli, ui: &Ui) -> Result<Outcome, CommandError> {
    let settings = match cli.command.needs_settings() {
        true => Settings {
            invocation: Invocation::of(&cli.global, cli.command.engine()),
            ..Settings::resolve(&cli.global)?
        },
        false => Settings::default(),
    };
    // Built this late so that parsing and `--version` do not pay for it.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(dispatch(cli.command, &settings, ui));
    // A blocking read of a terminal or a hung connection must not keep a finished command alive.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(command: Command, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    match command {
        // These two handle an interrupt themselves: calls in flight finish, and what exists is reported.
        Command::Up(args) => up::run(args, settings, ui).await.map(done),
        Command::Down(args) => down::run(args, settings, ui).await.map(done),
        // Neither does this one wait to be cut: what it holds is put back.
        Command::DeadLetters(args) => dead_letters::run(args, settings, ui).await.map(done),
        // Nor do these: a generator that is changed for a test is put back.
        Command::TriggerTest(args) => trigger_test::run(args, settings, ui).await.map(done),
        Command::Demo(args) => demo::run(args, settings, ui).await.map(done),
        Command::Plan(args) => interruptible(plan::run(args, settings, ui)).await,
        Command::Status(args) => interruptible(status::run(args, settings, ui)).await,
        Command::Doctor(args) => interruptible(doctor::run(args, settings, ui)).await,
        Command::Template(args) => template::run(args, settings, ui).await.map(done),
        Command::Incidents(args) => interruptible(incidents::run(args, settings, ui)).await.map(done),
        Command::Silence(args) => interruptible(silence::run(args, settings, ui)).await.map(done),
        Command::Subscriptions(args) => interruptible(subscriptions::run(args, settings, ui)).await.map(done),
        Command::Watch(args) => interruptible(watch::run(args, settings, ui)).await.map(done),
        Command::Rules(args) => rules::run(&args, ui).map(done),
        Command::Logs(args) => interruptible(logs::run(args, settings, ui)).await.map(done),
        Command::Local(args) if args.serves() => local::run(args, settings, ui).await.map(done),
        Command::Local(args) => interruptible(local::run(args, settings, ui)).await.map(done),
        Command::Init(args) => init::run(args, ui).map(done),
        Command::Completions(args) => completions::run(args, ui).map(done),
    }
}

fn done((): ()) -> Outcome {
    Outcome::Done
}

/// Connects to the account, checks the credentials, and prints account and region to standard error.
///
/// # Errors
/// No region, missing or expired credentials, an endpoint that does not answer.
pub async fn connect(settings: &Settings, ui: &Ui) -> Result<Session, CommandError> {
    let local = match settings.local {
        true => Some(
            local_session::start(&local_session::quick(settings.local_directory()?, settings.local_region.as_deref()))
                .await?,
        ),
        false => None,
    };
    let session = Session::connect(&settings.connection(), local.as_ref()).await?;
    ui.say(session.describe());
    Ok(session)
}

impl Command {
    /// Whether the JSON is one object per line that ends with `{"type":"result"}`, also for errors.
    fn streams_result(&self) -> bool {
        match self {
            Self::Up(_) | Self::Down(_) | Self::TriggerTest(_) | Self::Logs(_) => true,
            Self::DeadLetters(args) => args.streams_result(),
            _ => false,
        }
    }

    /// The engine given on the command line; hints repeat it for the next command.
    fn engine(&self) -> Option<Engine> {
        match self {
            Self::Up(args) => args.deployment.engine,
            Self::Plan(args) => args.deployment.engine,
            Self::Down(args) => args.engine,
            _ => None,
        }
    }

    /// Whether the command needs flags, environment and configuration file; the others work even if those are broken.
    fn needs_settings(&self) -> bool {
        !matches!(self, Self::Rules(_) | Self::Init(_) | Self::Completions(_))
    }
}
