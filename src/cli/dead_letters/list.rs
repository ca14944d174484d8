//! `incidentctl dead-letters list`.

use clap::Args;
use serde_json::{Value, json};

use super::{Desk, QueueArg, Seen, letters, render, tell_unseen};
use crate::error::CommandError;
use crate::ui::count;

/// List the dead letters, oldest first, and take none out of its queue
///
/// With `--output json`, one object per message and a last `{"type":"result"}`, whose `complete` says whether these are all.
/// SQS counts each look as a receive: `receives` has those of people in it, this one included.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Whose dead letters
    #[arg(long, value_enum, value_name = "QUEUE", default_value_t = QueueArg::All)]
    pub queue: QueueArg,

    /// Show at most so many of each queue
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

pub(super) async fn run(args: &ListArgs, desk: &Desk) -> Result<(), CommandError> {
    let seen = desk.look(args.queue, args.limit as usize).await?;
    let letters = letters(&seen);
    let ui = &desk.ui;
    if ui.is_json() {
        for letter in &letters {
            ui.json(&render::object(letter)?)?;
        }
        ui.json(&result(&seen, letters.len()))?;
    } else if !letters.is_empty() {
        ui.table(&render::table(&letters, ui.stdout_is_terminal()))?;
    }
    match letters.len() {
        0 => ui.say("no dead letters"),
        number => ui.say(count(number, "dead letter")),
    }
    tell_unseen(&seen, ui);
    if !letters.is_empty() {
        ui.hint(
            "`incidentctl dead-letters show ID` shows one, `incidentctl dead-letters redrive --all` sends them again, \
             `incidentctl dead-letters purge --all` drops them",
        );
    }
    Ok(())
}

fn result(seen: &[Seen], shown: usize) -> Value {
    let queues = seen.iter().map(|Seen { queue, look }| {
        json!({
            "queue": queue.origin,
            "name": queue.name,
            "shown": look.letters.len(),
            "about": look.about,
            "complete": look.complete,
        })
    });
    json!({
        "type": "result",
        "ok": true,
        "shown": shown,
        "complete": seen.iter().all(|one| one.look.complete),
        "queues": queues.collect::<Value>(),
    })
}
