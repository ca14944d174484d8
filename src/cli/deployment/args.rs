//! What `up` deploys and `plan` previews.

use std::path::PathBuf;

use clap::Args;

use crate::settings::EmailAddress;
use incident_deploy::engine::Engine;

#[derive(Debug, Default, Args)]
pub struct DeploymentArgs {
    /// Address to send alerts to; may be repeated [default: from the configuration file, else the subscribed
    /// addresses]
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,

    /// Handler binary [default: next to this program; in a source checkout, built when missing or stale]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,

    /// Rules file, applied before the built-in rules [default: from the configuration file]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// Deployment engine [default: the stack's current engine, else direct]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,
}
