//! `incidentctl local start`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use incident_local::LocalConfig;
use incident_local::config::LatencyProfile;
use incident_local::daemon::{self, Found};

use crate::error::CommandError;
use crate::local_session;
use crate::settings::Settings;
use crate::ui::Ui;

/// Start the local AWS in the background
///
/// Commands with --local start it by themselves; this is for one with other settings.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Let the delays of AWS pass so many times faster, such as the minute before a retry
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = time_scale)]
    pub time_scale: f64,

    /// How slow to be
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t)]
    pub latency: Latency,

    /// Send mail also to this server on this machine, such as 127.0.0.1:1025
    #[arg(long, value_name = "HOST:PORT")]
    pub smtp: Option<String>,

    /// Faults to inject, a JSON file
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,

    /// Take the access key `test` with the secret `test`: anybody on this machine can run code as you
    #[arg(long)]
    pub open: bool,
}

/// How slow a local AWS is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Latency {
    /// Delays that exist, but short
    #[default]
    Quick,
    /// As slow as AWS was measured to be
    Aws,
}

pub(super) async fn run(args: StartArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    if let Found::Running(status) = daemon::find(&settings.local_directory).await {
        ui.say("the local AWS runs already, with the settings it was started with");
        if args.port.is_some_and(|port| port != status.port) {
            return Err(CommandError::user(format!("the local AWS runs already, on port {}", status.port))
                .hint("`incidentctl local stop` ends it"));
        }
        if args.open && !status.is_open() {
            return Err(CommandError::user("the local AWS runs already, with an access key of its own")
                .hint("`incidentctl local stop` ends it"));
        }
        return super::show(&status, ui);
    }
    if args.open {
        ui.warn("everybody on this machine knows the access key of this local AWS, and can run code as you with it");
    }
    let status = local_session::start(&config(args, settings)?).await?;
    ui.say("the local AWS runs; everything in it is gone when it stops, the outbox stays");
    super::show(&status, ui)
}

fn config(args: StartArgs, settings: &Settings) -> Result<LocalConfig, CommandError> {
    let missing = args.faults.as_ref().filter(|file| !file.is_file());
    if let Some(file) = missing {
        return Err(CommandError::user(format!("there is no file {}", file.display())));
    }
    Ok(LocalConfig {
        port: args.port.unwrap_or(0),
        time_scale: args.time_scale,
        latency: match args.latency {
            Latency::Quick => LatencyProfile::QUICK,
            Latency::Aws => LatencyProfile::AWS,
        },
        smtp: args.smtp,
        // The process has a working directory of its own.
        faults: args.faults.map(std::path::absolute).transpose()?,
        open: args.open,
        ..local_session::quick(&settings.local_directory, settings.local_region.as_deref())
    })
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("it has to be a number above 0".to_owned()),
    }
}
