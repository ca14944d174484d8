//! `incidentctl rules`.

mod check;
mod expect;
mod test;

use std::path::Path;

use clap::{Args, Subcommand};
use incident_model::Rules;

use super::CommandError;
use crate::ui::Ui;

/// Validate severity rules, and try them on event files; offline
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    Check(check::CheckArgs),
    Test(test::TestArgs),
}

/// Runs one of them.
pub(super) fn run(args: &RulesArgs, ui: &Ui) -> Result<(), CommandError> {
    match &args.command {
        RulesCommand::Check(args) => check::run(args, ui),
        RulesCommand::Test(args) => test::run(args, ui),
    }
}

/// The rules that come with the program.
fn defaults() -> Result<Rules, CommandError> {
    Rules::defaults().map_err(|error| CommandError::failed("the built-in rules are wrong").caused_by(error))
}

/// The rules of a file.
fn read(path: &Path) -> Result<Rules, CommandError> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::user(format!("cannot read the rules {name}")).caused_by(error))?;
    Rules::parse(&text).map_err(|error| CommandError::user(format!("the rules {name} are wrong")).caused_by(error))
}

/// The rules that decide: those of a file, and behind them those that come with the program.
fn in_use(file: Option<&Path>) -> Result<Rules, CommandError> {
    match file {
        Some(file) => Ok(read(file)?.before(defaults()?)),
        None => defaults(),
    }
}
