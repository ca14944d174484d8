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
    /// File to write; existing files are never overwritten
    #[arg(value_name = "FILE", default_value = CONFIG_FILE)]
    pub file: PathBuf,
}

pub(super) fn run(args: InitArgs, ui: &Ui) -> Result<(), CommandError> {
    let name = args.file.display();
    // `create_new` checks and creates in one step, so a file that appears in between survives too.
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&args.file).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CommandError::user(format!("{name} already exists"))
                .hint("edit it, or write another file: `incidentctl init OTHER.yaml`"),
            _ => CommandError::user(format!("cannot write {name}")).caused_by(error),
        })?;
    file.write_all(TEMPLATE.as_bytes())
        .map_err(|error| CommandError::failed(format!("cannot write {name}")).caused_by(error))?;
    ui.say(format!("wrote {name}; edit it, then run `incidentctl up`"));
    Ok(())
}
