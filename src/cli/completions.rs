//! `incidentctl completions`.

use clap::Args;
use clap_complete::Shell;

use crate::error::CommandError;
use crate::ui::Ui;

/// Print a completion script for a shell
///
/// For bash: `incidentctl completions bash > ~/.local/share/bash-completion/completions/incidentctl`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

pub(super) fn run(args: CompletionsArgs, ui: &Ui) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "incidentctl", &mut script);
    ui.document(String::from_utf8_lossy(&script).trim_end())
}
