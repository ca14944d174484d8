//! `incidentctl dead-letters redrive`.

use std::time::Duration;

use clap::Args;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Desk;
use super::removal::{Removal, Words};
use super::selection::{Selection, SelectionArgs};
use crate::dead_letters::{DeadLetter, Target};
use crate::error::CommandError;
use crate::ui::count;
use incident_deploy::aws::AwsError;

/// Refusals of one event, which the next one need not meet.
const OF_THE_EVENT: [&str; 5] =
    ["InvalidMessageContents", "InvalidRequestContent", "MessageTooLong", "RequestEntityTooLarge", "RequestTooLarge"];

const WORDS: Words =
    Words { command: "redrive", done: "sent", past: "sent again", again: "nothing that was sent is counted twice" };

/// Put events into the handler's queue once more; a message is deleted once the queue has accepted its event
///
/// An event that the handler has counted before is not counted again, however often it is sent. What it cannot read comes back
/// as a new dead letter; what it cannot record stays in its queue. An interrupted run is gone on with by running it again.
#[derive(Debug, Args)]
pub struct RedriveArgs {
    /// Which.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Send at most so many a second
    #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
}

pub(super) async fn run(args: &RedriveArgs, desk: &Desk) -> Result<(), CommandError> {
    let selection = Selection::of(&args.selection, desk).await?;
    let mut removal = Removal::new(WORDS, desk, &selection);
    if selection.letters.is_empty() {
        return removal.report();
    }
    let target = Target::of(&desk.clients, &desk.stack).await?;
    let (events, yes) = (count(selection.letters.len(), "event"), desk.yes);
    let question = format!("Send {events} to {} again?", target.name());
    desk.ask(move |ui| ui.consent(&question, yes)).await?;
    let mut pace = pace(args.rate);
    removal.run(async |letter| send(&target, letter, &mut pace).await, is_of_the_event).await?;
    removal.report()
}

fn pace(rate: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / rate);
    // After a slow call the next ones do not make up for it.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

async fn send(target: &Target, letter: &DeadLetter, pace: &mut Interval) -> Result<(), AwsError> {
    pace.tick().await;
    target.send(letter).await
}

fn is_of_the_event(error: &AwsError) -> bool {
    OF_THE_EVENT.iter().any(|code| error.is(code))
}
