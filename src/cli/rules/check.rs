//! `incidentctl rules check`.

use std::path::PathBuf;

use clap::Args;
use incident_model::{Problem, Rules};
use serde_json::{Value, json};

use crate::cli::CommandError;
use crate::ui::{Ui, count};

/// Find mistakes in a rules file
///
/// What cannot be read, rules that can never win because an earlier one takes all that they are about, and conditions
/// that no event meets.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Rules file [default: the rules that come with the program]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, ui: &Ui) -> Result<(), CommandError> {
    let rules = match &args.file {
        Some(file) => super::read(file)?,
        None => super::defaults()?,
    };
    let problems = rules.problems();
    let errors = problems.iter().filter(|problem| problem.is_error).count();
    show(args, &rules, &problems, errors == 0, ui)?;
    match errors {
        0 => Ok(()),
        number => Err(CommandError::user(format!("{} of the rules {} without effect", number, are(number)))),
    }
}

fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn show(args: &CheckArgs, rules: &Rules, problems: &[Problem], ok: bool, ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        let problems: Vec<Value> = problems.iter().map(row).collect();
        return ui.json(&json!({"file": args.file, "ok": ok, "rules": rules.len(), "problems": problems}));
    }
    let name = args.file.as_ref().map_or_else(|| "built-in rules".to_owned(), |path| path.display().to_string());
    for Problem { rule, line, is_error, message } in problems {
        let kind = if *is_error { "error" } else { "warning" };
        ui.print(&format!("{name}:{line}: {kind}: rule `{rule}`: {message}"))?;
    }
    match problems.is_empty() {
        true => ui.print(&format!("{name}: {}, all right", count(rules.len(), "rule"))),
        false => Ok(()),
    }
}

fn row(Problem { rule, line, is_error, message }: &Problem) -> Value {
    json!({"rule": rule, "line": line, "kind": if *is_error { "error" } else { "warning" }, "message": message})
}
