//! `incidentctl rules check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::CommandError;
use crate::ui::{Ui, count};

/// Validate a rules file
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Rules file [default: the rules that come with the program]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, ui: &Ui) -> Result<(), CommandError> {
    let rules = super::load(args.file.as_deref())?;
    let name = args.file.as_ref().map_or_else(|| "built-in rules".to_owned(), |path| path.display().to_string());
    match ui.is_json() {
        true => ui.json(&json!({"file": args.file, "ok": true, "rules": rules.len()})),
        false => ui.print(&format!("{name}: {}, all right", count(rules.len(), "rule"))),
    }
}
