//! Which dead letters a command is to take out of their queues.

use std::collections::BTreeSet;

use clap::Args;

use super::{Desk, QueueArg, Seen, letters, render, tell_unseen};
use crate::dead_letters::{DeadLetter, find};
use crate::error::CommandError;

/// Some, or all that are there.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Ids of messages, or beginnings of them that no others have
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub ids: Vec<String>,

    /// All that are there now
    #[arg(long)]
    pub all: bool,

    /// Whose dead letters
    #[arg(long, value_enum, value_name = "QUEUE", default_value_t = QueueArg::All)]
    pub queue: QueueArg,

    /// Look at most at so many of each queue; what is beyond stays for the next run
    #[arg(long, value_name = "NUMBER", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

/// What was selected of what was seen.
pub(super) struct Selection {
    pub(super) seen: Vec<Seen>,
    pub(super) letters: Vec<DeadLetter>,
}

impl Selection {
    /// Looks, and shows what is selected to people.
    pub(super) async fn of(args: &SelectionArgs, desk: &Desk) -> Result<Self, CommandError> {
        let seen = desk.look(args.queue, args.limit as usize).await?;
        let mut letters = letters(&seen);
        if !args.all {
            let mut chosen = BTreeSet::new();
            for id in &args.ids {
                let found = find(&letters, id).inspect_err(|_| tell_unseen(&seen, &desk.ui))?;
                chosen.insert(found.message_id.clone());
            }
            letters.retain(|letter| chosen.contains(&letter.message_id));
        }
        if !desk.ui.is_json() && !letters.is_empty() {
            desk.ui.table(&render::table(&letters, desk.ui.stdout_is_terminal()))?;
        }
        tell_unseen(&seen, &desk.ui);
        Ok(Self { seen, letters })
    }

    /// The ids of one queue.
    pub(super) fn ids_of(&self, seen: &Seen) -> BTreeSet<String> {
        let own = self.letters.iter().filter(|letter| letter.queue == seen.queue.origin);
        own.map(|letter| letter.message_id.clone()).collect()
    }

    /// About how many were seen or counted and not selected.
    pub(super) fn others(&self) -> u64 {
        let all: u64 = self.seen.iter().map(|one| one.look.about.max(one.look.letters.len() as u64)).sum();
        all.saturating_sub(self.letters.len() as u64)
    }
}
