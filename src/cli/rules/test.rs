//! `incidentctl rules test`.

use std::path::{Path, PathBuf};

use clap::Args;
use incident_model::{Classification, Outcome, Rules, classify};
use serde_json::{Value, json};

use crate::cli::CommandError;
use crate::ui::{Label, Ui, count};

/// Classify event files by the rules, as the handler would
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Files with one event each, as JSON
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Rules file [default: the rules that come with the program]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

pub(super) fn run(args: &TestArgs, ui: &Ui) -> Result<(), CommandError> {
    let rules = super::load(args.rules.as_deref())?;
    let mut unreadable = 0;
    for file in &args.files {
        match read(file, &rules) {
            Ok(classifications) => {
                for classification in &classifications {
                    show(file, classification, ui)?;
                }
            }
            Err(error) => {
                unreadable += 1;
                refuse(file, &error, ui)?;
            }
        }
    }
    match unreadable {
        0 => Ok(()),
        number => Err(CommandError::failed(format!("{} could not be read", count(number, "file")))),
    }
}

fn read(file: &Path, rules: &Rules) -> Result<Vec<Classification>, CommandError> {
    let content = std::fs::read(file).map_err(|error| CommandError::failed("cannot read the file").caused_by(error))?;
    let delivery = incident_model::read(&content)
        .map_err(|error| CommandError::failed("the file holds no event").caused_by(error))?;
    classify(&delivery, rules).map_err(|error| CommandError::failed("the file holds no event").caused_by(error))
}

fn show(file: &Path, classification: &Classification, ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.json(&row(file, classification)?);
    }
    let name = file.display();
    let what = match (&classification.judgement, classification.outcome) {
        (Some(judgement), _) => format!("{} {} (rule {})", judgement.severity, judgement.summary, judgement.rule),
        (None, Outcome::Recovery) => format!("recovery of {}", classification.observation.resource),
        (None, _) => format!("ignored: {}", classification.reason().unwrap_or("no failure")),
    };
    ui.print(&format!("{}: {what}", ui.data_label(Label::Strong, &name.to_string())))
}

/// The classification, with the file before it.
fn row(file: &Path, classification: &Classification) -> Result<Value, CommandError> {
    let fields = serde_json::to_value(classification)
        .map_err(|error| CommandError::failed("cannot write the result as JSON").caused_by(error))?;
    let mut row = serde_json::Map::from_iter([("file".to_owned(), json!(file))]);
    row.extend(fields.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(row))
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
