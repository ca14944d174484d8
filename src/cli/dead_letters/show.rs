//! `incidentctl dead-letters show`.

use clap::Args;

use super::{Desk, QueueArg, letters, render, tell_unseen};
use crate::dead_letters::find;
use crate::error::CommandError;

/// Show one dead letter whole, as it is: secrets of its event are not redacted
///
/// With `--output json`, the object of `list` with the exact text of the message in `body`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Id of the message, or a beginning of it that no other has
    #[arg(value_name = "ID")]
    pub id: String,

    /// Whose dead letters
    #[arg(long, value_enum, value_name = "QUEUE", default_value_t = QueueArg::All)]
    pub queue: QueueArg,

    /// Look at most at so many of each queue
    #[arg(long, value_name = "NUMBER", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

pub(super) async fn run(args: &ShowArgs, desk: &Desk) -> Result<(), CommandError> {
    let seen = desk.look(args.queue, args.limit as usize).await?;
    let letters = letters(&seen);
    let letter = find(&letters, &args.id).inspect_err(|_| tell_unseen(&seen, &desk.ui))?;
    match desk.ui.is_json() {
        true => desk.ui.json(&render::whole(letter)?),
        false => desk.ui.print_all(render::details(letter)),
    }
}
