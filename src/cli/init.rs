//! `incidentctl init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;

use crate::error::CommandError;
use crate::settings::CONFIG_FILE;
use crate::ui::Ui;

const TEMPLATE: &str = include_str!("../../templates/incidentctl.yaml");

/// Write a commented configuration file
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write it; an existing file is never overwritten
    #[arg(value_name = "FILE", default_value = CONFIG_FILE)]
    pub file: PathBuf,
}

/// Writes the file.
pub(super) fn run(args: InitArgs, ui: &Ui) -> Result<(), CommandError> {
    let name = args.file.display();
    // `create_new` decides and creates in one step: a file that appears in between is not lost either.
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&args.file).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CommandError::user(format!("{name} exists already"))
                .hint("edit it, or write another one: `incidentctl init OTHER.yaml`"),
            _ => CommandError::user(format!("cannot write {name}")).caused_by(error),
        })?;
    file.write_all(TEMPLATE.as_bytes())
        .map_err(|error| CommandError::failed(format!("cannot write {name}")).caused_by(error))?;
    ui.say(&format!("wrote {name}; edit it, then: `incidentctl up`"));
    Ok(())
}
