//! `incidentctl up`.

use std::path::PathBuf;

use clap::Args;

use super::CommandError;
use crate::settings::{EmailAddress, Settings};
use crate::ui::Ui;

/// Provision the stack, or bring it up to date
#[derive(Debug, Args)]
pub struct UpArgs {
    /// Address that gets the alerts; repeat for more than one
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,

    /// Handler binary or zip [default: the one beside this program, built when missing]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,

    /// With --local: follow the link of each confirmation mail
    #[arg(long, requires = "local")]
    pub confirm_email: bool,

    /// Say at the end where the time went
    #[arg(long)]
    pub timings: bool,
}

/// Provisions or updates the stack.
pub(super) async fn run(_args: UpArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let _session = super::connect(settings, ui).await?;
    Err(CommandError::failed("up is not ready"))
}
