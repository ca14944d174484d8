//! `incidentctl status`.

mod facts;
mod problems;
mod queries;
mod render;
#[cfg(test)]
mod tests;

use clap::Args;

use super::Outcome;
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use facts::Facts;

/// Check that alerts would arrive; exit with code 1 if not
#[derive(Debug, Args)]
pub struct StatusArgs {}

pub(super) async fn run(_args: StatusArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    let session = super::connect(settings, ui).await?;
    let facts = Facts::read(&session, settings).await?;
    let problems = problems::of(&facts);
    match ui.is_json() {
        true => ui.json(&render::document(&facts, &problems, ui))?,
        false => ui.print_all(render::text(&facts, &problems, ui))?,
    }
    Ok(if problems.is_empty() { Outcome::Done } else { Outcome::Unhealthy })
}
