//! `incidentctl dead-letters purge`.

use clap::Args;

use super::Desk;
use super::removal::{Removal, Words};
use super::selection::{Selection, SelectionArgs};
use crate::error::CommandError;
use crate::ui::count;

const WORDS: Words =
    Words { command: "purge", done: "deleted", past: "deleted", again: "only what it shows is deleted" };

/// Delete dead letters for good: exactly those that are shown, and none that came meanwhile
#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Which.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Go on though the events are lost
    #[arg(long)]
    pub allow_data_loss: bool,
}

pub(super) async fn run(args: &PurgeArgs, desk: &Desk) -> Result<(), CommandError> {
    let selection = Selection::of(&args.selection, desk).await?;
    let mut removal = Removal::new(WORDS, desk, &selection);
    if selection.letters.is_empty() {
        return removal.report();
    }
    let letters = count(selection.letters.len(), "dead letter");
    if desk.yes && !args.allow_data_loss {
        return Err(CommandError::user(format!("this would delete {letters} with the events in them"))
            .hint("add --allow-data-loss if those events may go; --yes does not stand for it"));
    }
    let (question, allowed) = (format!("{letters} will be deleted for good. Is that meant?"), args.allow_data_loss);
    desk.ask(move |ui| ui.consent_to_loss(&question, allowed)).await?;
    removal.run(async |_| Ok(()), |_| false).await?;
    removal.report()
}
