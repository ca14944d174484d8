//! `incidentctl rules test`.

use std::path::{Path, PathBuf};

use clap::Args;
use incident_model::{Classification, Outcome, Rules, Unreadable, classify, read_each};
use serde_json::{Map, Value, json};

use super::expect::{self, Difference, Expectation};
use crate::error::CommandError;
use crate::ui::{Label, Line, Ui, count};

/// Classify event files as the handler would
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Event files in JSON: one event, a list, or one event per line
    #[arg(value_name = "FILE", required_unless_present = "expect")]
    pub files: Vec<PathBuf>,

    /// Rules file, applied before the built-in rules [default: only the built-in rules]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// Compare the results with a file of expectations
    ///
    /// A YAML or JSON list; each entry has a `file`, relative to the folder of the list, and the expected fields of the
    /// result: `outcome`, `severity`, `rule`, `summary` or another. Only the given fields are compared.
    #[arg(long, value_name = "EXPECTATIONS")]
    pub expect: Option<PathBuf>,

    /// Explain why each rule before the matching one did not match
    #[arg(long)]
    pub explain: bool,
}

pub(super) fn run(args: &TestArgs, ui: &Ui) -> Result<(), CommandError> {
    let rules = super::in_use(args.rules.as_deref())?;
    let expectations = args.expect.as_deref().map(expect::read).transpose()?.unwrap_or_default();
    let mut unreadable = 0;
    for file in &args.files {
        match read(file, &rules) {
            Ok(classifications) => {
                for classification in &classifications {
                    show(file, classification, &rules, args.explain, ui)?;
                }
            }
            Err(error) => {
                unreadable += 1;
                refuse(file, &error, ui)?;
            }
        }
    }
    let wrong = compare(&expectations, &rules, args.explain, ui)?;
    if args.expect.is_some() && !ui.is_json() {
        ui.print(format!("{} met, {wrong} not", count(expectations.len() - wrong, "expectation")))?;
    }
    match (unreadable, wrong) {
        (0, 0) => Ok(()),
        (0, number) => Err(CommandError::failed(format!("{} not met", count(number, "expectation")))),
        (number, _) => Err(CommandError::failed(format!("{} could not be read", count(number, "file")))),
    }
}

fn read(file: &Path, rules: &Rules) -> Result<Vec<Classification>, CommandError> {
    let no_event = |error: Unreadable| CommandError::failed("the file contains no event").caused_by(error);
    let content = std::fs::read(file).map_err(|error| CommandError::failed("cannot read the file").caused_by(error))?;
    let deliveries = read_each(&content).map_err(no_event)?;
    let classified = deliveries.iter().map(|delivery| classify(delivery, rules));
    Ok(classified.collect::<Result<Vec<_>, _>>().map_err(no_event)?.concat())
}

/// Prints the unmet expectations, and returns how many there are.
fn compare(expectations: &[Expectation], rules: &Rules, explain: bool, ui: &Ui) -> Result<usize, CommandError> {
    let mut wrong = 0;
    for expectation in expectations {
        let file = &expectation.file;
        let seen = match read(file, rules) {
            Ok(seen) => seen,
            Err(error) => {
                wrong += 1;
                refuse(file, &error, ui)?;
                continue;
            }
        };
        let differences = expectation.differences(&seen.iter().map(fields).collect::<Result<Vec<_>, _>>()?);
        report(file, &differences, ui)?;
        if !differences.is_empty() {
            wrong += 1;
            let explained = if explain { &seen[..] } else { &[] };
            explained.iter().try_for_each(|classification| show(file, classification, rules, explain, ui))?;
        }
    }
    Ok(wrong)
}

fn report(file: &Path, differences: &[Difference], ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        let differences: Vec<Value> = differences
            .iter()
            .map(|Difference { field, expected, actual }| json!({"field": field, "expected": expected, "actual": actual}))
            .collect();
        return ui.json(&json!({"file": file, "expected": differences.is_empty(), "differences": differences}));
    }
    if differences.is_empty() {
        return Ok(());
    }
    ui.print(named(file).and(": not as expected"))?;
    for Difference { field, expected, actual } in differences {
        let lines = [format!("  {field}"), format!("    expected {expected}"), format!("    actual   {actual}")];
        ui.print_all(lines.map(Line::from))?;
    }
    Ok(())
}

fn show(
    file: &Path,
    classification: &Classification,
    rules: &Rules,
    explain: bool,
    ui: &Ui,
) -> Result<(), CommandError> {
    let passed = if explain { passed_over(classification, rules) } else { Vec::new() };
    if ui.is_json() {
        let mut row = Map::from_iter([("file".to_owned(), json!(file))]);
        row.extend(fields(classification)?.as_object().cloned().unwrap_or_default());
        if explain {
            let passed = passed.into_iter().map(|(rule, why)| json!({"rule": rule, "why": why}));
            row.insert("passed_over".to_owned(), passed.collect());
        }
        return ui.json(&Value::Object(row));
    }
    let what = match (&classification.judgement, classification.outcome) {
        (Some(judgement), _) => format!("{} {} (rule {})", judgement.severity, judgement.summary, judgement.rule),
        (None, Outcome::Recovery) => format!("recovery of {}", classification.observation.resource),
        (None, _) => format!("ignored: {}", classification.reason().unwrap_or("no failure")),
    };
    ui.print(named(file).and(": ").and(what))?;
    passed.iter().try_for_each(|(rule, why)| ui.print(format!("  not {rule}: {why}")))
}

fn named(file: &Path) -> Line {
    Line::labelled(Label::Strong, file.display().to_string())
}

/// Only failures are matched against rules.
fn passed_over<'r>(classification: &Classification, rules: &'r Rules) -> Vec<(&'r str, String)> {
    match classification.outcome {
        Outcome::Incident => rules.passed_over(&classification.observation),
        Outcome::Recovery | Outcome::Ignored => Vec::new(),
    }
}

fn fields(classification: &Classification) -> Result<Value, CommandError> {
    serde_json::to_value(classification)
        .map_err(|error| CommandError::failed("cannot write the result as JSON").caused_by(error))
}

fn refuse(file: &Path, error: &CommandError, ui: &Ui) -> Result<(), CommandError> {
    match ui.is_json() {
        true => ui.json(&json!({"file": file, "error": error.to_string()})),
        false => {
            ui.error_line(&format!("{}: {error}", file.display()));
            Ok(())
        }
    }
}
