//! Global flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::StackName;

/// The flags as given; [`crate::settings::Settings`] is what they mean.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Stack name, the prefix of everything it creates [default: devops]
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Option<StackName>,

    /// AWS profile for credentials and region
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// AWS region
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,

    /// AWS-compatible endpoint to use instead of AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// Use the local AWS, offline and without an account; started on demand
    #[arg(long, global = true, conflicts_with_all = ["endpoint_url", "profile"])]
    pub local: bool,

    /// Configuration file [default: incidentctl.yaml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Output format
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: Format,

    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: ColorChoice,

    /// Answer yes to every question
    #[arg(long, short, global = true)]
    pub yes: bool,

    /// Increase verbosity; twice, include the AWS SDK's log
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Print only warnings and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Human-readable
    #[default]
    Text,
    /// Machine-readable
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
