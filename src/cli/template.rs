//! `incidentctl template`.

use clap::Args;

use super::deployment;
use crate::error::CommandError;
use crate::settings::{EmailAddress, Settings};
use crate::ui::Ui;

/// Print the CloudFormation template that `up` deploys
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Address to send alerts to; may be repeated
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,
}

pub(super) async fn run(args: TemplateArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let (text, _) = deployment::complete(settings, &settings.emails_or(&args.emails), [])?;
    ui.document(text.trim_end())
}
