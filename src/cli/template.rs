//! `incidentctl template`.

use clap::Args;

use super::CommandError;
use crate::settings::{EmailAddress, Settings};
use crate::ui::Ui;

/// Print the CloudFormation template that `up` deploys
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Address that gets the alerts; repeat for more than one
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,
}

/// Prints the template.
pub(super) async fn run(_args: TemplateArgs, _settings: &Settings, _ui: &Ui) -> Result<(), CommandError> {
    Err(CommandError::failed("template is not ready"))
}
