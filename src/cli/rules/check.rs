//! `incidentctl rules check`.

use std::path::PathBuf;

use clap::Args;
use incident_model::DEFAULT_RULES;
use incident_model::rules::{Position, Problem, Report, check};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::ui::{Ui, count};

/// Check a rules file for mistakes
///
/// Reports all of them, with line and column: syntax errors, rules that can never match because an earlier
/// one takes all their events, and conditions that no event meets.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Rules file [default: the built-in rules]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, ui: &Ui) -> Result<(), CommandError> {
    let (name, report) = match &args.file {
        Some(file) => (file.display().to_string(), check(&super::text(file)?)),
        None => ("built-in rules".to_owned(), check(DEFAULT_RULES)),
    };
    let errors = report.problems.iter().filter(|problem| problem.level.is_error()).count();
    let summary = summary(&report, errors);
    if ui.is_json() {
        let problems: Vec<Value> = report.problems.iter().map(row).collect();
        ui.json(&json!({"file": args.file, "ok": errors == 0, "rules": report.rules, "problems": problems}))?;
    } else {
        report.problems.iter().try_for_each(|problem| ui.print(line(&name, problem)))?;
        if errors == 0 {
            ui.print(format!("{name}: {summary}"))?;
        }
    }
    if errors == 0 { Ok(()) } else { Err(CommandError::user(format!("{name}: {summary}"))) }
}

fn summary(report: &Report, errors: usize) -> String {
    let warnings = report.problems.len() - errors;
    match (errors, warnings) {
        (0, 0) => format!("{}, no problems", count(report.rules, "rule")),
        (0, _) => format!("{}, {}", count(report.rules, "rule"), count(warnings, "warning")),
        (_, 0) => count(errors, "error"),
        _ => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// In the format of compilers, so that editors can jump to the place.
fn line(name: &str, problem: &Problem) -> String {
    match problem.position {
        Some(Position { line, column }) => format!("{name}:{line}:{column}: {problem}"),
        None => format!("{name}: {problem}"),
    }
}

fn row(Problem { rule, position, level, message }: &Problem) -> Value {
    json!({
        "rule": rule,
        "line": position.map(|position| position.line),
        "column": position.map(|position| position.column),
        "kind": level.name(),
        "message": message,
    })
}
