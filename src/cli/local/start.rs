//! `incidentctl local start`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use incident_local::LocalConfig;
use incident_local::config::{LatencyProfile, LimitsProfile};
use incident_local::daemon::{self, Found, Status};

use crate::error::CommandError;
use crate::local_session::{self, LocalError};
use crate::settings::Settings;
use crate::ui::Ui;

/// Start the local AWS in the background
///
/// Commands with --local start it on demand; use this to choose other settings.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Port on 127.0.0.1 [default: any free port]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Speed up the delays of AWS by this factor, such as the minute before a retry
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = time_scale)]
    pub time_scale: f64,

    /// Latency profile
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t)]
    pub latency: Latency,

    /// Limits of throughput: what DynamoDB takes in a second
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t)]
    pub limits: Limits,

    /// Also send mail to this SMTP server on this machine, such as 127.0.0.1:1025
    #[arg(long, value_name = "HOST:PORT")]
    pub smtp: Option<String>,

    /// JSON file of faults to inject
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,

    /// Accept the access key `test` with the secret `test`: anyone on this machine can then run code as you
    #[arg(long)]
    pub open: bool,
}

/// Latency profile of a local AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Latency {
    /// Short delays
    #[default]
    Quick,
    /// Delays as measured on AWS
    Aws,
}

/// Limits profile of a local AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// Those of AWS
    #[default]
    Aws,
    /// None
    None,
}

pub(super) async fn run(args: StartArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match daemon::find(settings.local_directory()?).await {
        Found::Running(status) => return keep(&args, &status, ui),
        Found::Unresponsive(unresponsive) => return Err(LocalError::from(unresponsive).into()),
        Found::Absent | Found::Stale { .. } | Found::Foreign { .. } => {}
    }
    if args.open {
        ui.warn("anyone on this machine can use this local AWS to run code as you");
    }
    let status = local_session::start(&config(args, settings)?).await?;
    ui.say("the local AWS is running; its state is lost when it stops, except the outbox");
    super::show(&status, ui)
}

/// Shows a local AWS that already runs, unless it is not the one asked for.
fn keep(args: &StartArgs, status: &Status, ui: &Ui) -> Result<(), CommandError> {
    ui.say("the local AWS is already running; its settings stay as they are");
    if args.port.is_some_and(|port| port != status.port) {
        return Err(CommandError::user(format!("the local AWS is already running on port {}", status.port))
            .hint("`incidentctl local stop` stops it"));
    }
    if args.open && !status.is_open() {
        return Err(CommandError::user("the local AWS is already running with an access key of its own")
            .hint("`incidentctl local stop` stops it"));
    }
    super::show(status, ui)
}

fn config(args: StartArgs, settings: &Settings) -> Result<LocalConfig, CommandError> {
    let missing = args.faults.as_ref().filter(|file| !file.is_file());
    if let Some(file) = missing {
        return Err(CommandError::user(format!("no such file: {}", file.display())));
    }
    Ok(LocalConfig {
        port: args.port.unwrap_or(0),
        time_scale: args.time_scale,
        latency: match args.latency {
            Latency::Quick => LatencyProfile::QUICK,
            Latency::Aws => LatencyProfile::AWS,
        },
        limits: match args.limits {
            Limits::Aws => Some(LimitsProfile::AWS),
            Limits::None => None,
        },
        smtp: args.smtp,
        // The background process has another working directory.
        faults: args.faults.map(std::path::absolute).transpose()?,
        open: args.open,
        ..local_session::quick(settings.local_directory()?, settings.local_region.as_deref())
    })
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("must be a number above 0".to_owned()),
    }
}
