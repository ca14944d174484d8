//! `incidentctl plan`.

use std::path::PathBuf;

use clap::Args;

use super::{CommandError, Outcome};
use crate::settings::{EmailAddress, Settings};
use crate::ui::Ui;

/// Show what `up` would do, and change nothing
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Address that gets the alerts; repeat for more than one
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,

    /// Handler binary or zip [default: the one beside this program, built when missing]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,

    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Shows what `up` would do.
pub(super) async fn run(_args: PlanArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    let _session = super::connect(settings, ui).await?;
    Err(CommandError::failed("plan is not ready"))
}
