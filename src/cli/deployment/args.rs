//! What `up` deploys and `plan` foretells.

use std::path::PathBuf;

use clap::Args;

use crate::settings::EmailAddress;
use incident_deploy::engine::Engine;

/// What to deploy, and how.
#[derive(Debug, Default, Args)]
pub struct DeploymentArgs {
    /// Address that gets the alerts; repeat for more than one [default: those of the configuration file, else those
    /// that are subscribed]
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,

    /// Handler binary [default: the one beside this program; in a source checkout, built when missing or stale]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,

    /// Rules file that decides before the rules that come with the program [default: that of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// How to deploy [default: as the stack was deployed before, else direct]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,
}
