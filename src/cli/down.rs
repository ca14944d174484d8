//! `incidentctl down`.

use clap::Args;

use super::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;

/// Remove everything that the stack owns
#[derive(Debug, Args)]
pub struct DownArgs {}

/// Removes the stack.
pub(super) async fn run(_args: DownArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let _session = super::connect(settings, ui).await?;
    Err(CommandError::failed("down is not ready"))
}
