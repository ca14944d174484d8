//! `incidentctl rules`.

mod check;
mod expect;
mod test;

use std::path::Path;

use clap::{Args, Subcommand};
use incident_model::{Rules, RulesError};

use crate::error::CommandError;
use crate::ui::Ui;

/// Validate severity rules and try them on event files, offline
#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    Check(check::CheckArgs),
    Test(test::TestArgs),
}

pub(super) fn run(args: &RulesArgs, ui: &Ui) -> Result<(), CommandError> {
    match &args.command {
        RulesCommand::Check(args) => check::run(args, ui),
        RulesCommand::Test(args) => test::run(args, ui),
    }
}

fn defaults() -> Result<Rules, CommandError> {
    Rules::defaults().map_err(|error| CommandError::failed("the built-in rules are invalid").caused_by(error))
}

/// The text of a rules file.
fn text(path: &Path) -> Result<String, CommandError> {
    let unreadable = |error| CommandError::user(format!("cannot read rules file {}", path.display())).caused_by(error);
    std::fs::read_to_string(path).map_err(unreadable)
}

/// The rules of a file.
fn read(path: &Path) -> Result<Rules, CommandError> {
    let wrong =
        |error: RulesError| CommandError::user(format!("invalid rules in {}", path.display())).causes(error.lines());
    Rules::parse(&text(path)?).map_err(wrong)
}

/// The effective rules: those of a file, then the built-in ones.
fn in_use(file: Option<&Path>) -> Result<Rules, CommandError> {
    match file {
        Some(file) => Ok(read(file)?.before(defaults()?)),
        None => defaults(),
    }
}
