//! `incidentctl dead-letters redrive`.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use clap::Args;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Desk;
use super::removal::{Removal, Words};
use super::selection::{Selection, SelectionArgs};
use crate::dead_letters::DeadLetter;
use crate::error::CommandError;
use crate::ui::count;
use incident_deploy::aws::{AwsError, Explain};

/// Refusals of one event, which the next one need not meet.
const OF_THE_EVENT: [&str; 3] = ["RequestTooLarge", "InvalidRequestContent", "RequestEntityTooLarge"];

const WORDS: Words =
    Words { command: "redrive", done: "sent", past: "sent again", again: "nothing that was sent is counted twice" };

/// Give events to the handler once more; a message is deleted once Lambda has accepted its event
///
/// An event that the handler has counted before is not counted again, however often it is sent. What it fails on comes back as
/// a new dead letter. An interrupted run is gone on with by running it again.
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
    let handler = desk.stack.handler();
    let (events, yes) = (count(selection.letters.len(), "event"), desk.yes);
    let question = format!("Send {events} to {handler} again?");
    desk.ask(move |ui| ui.consent(&question, yes)).await?;
    let mut pace = pace(args.rate);
    removal.run(async |letter| send(desk, &handler, letter, &mut pace).await, is_of_the_event).await?;
    removal.report()
}

fn pace(rate: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / rate);
    // After a slow call the next ones do not make up for it.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

async fn send(desk: &Desk, handler: &str, letter: &DeadLetter, pace: &mut Interval) -> Result<(), AwsError> {
    pace.tick().await;
    let call = desk.clients.lambda.invoke().function_name(handler).invocation_type(InvocationType::Event);
    call.payload(Blob::new(letter.payload.as_bytes())).send().await.explain("lambda:Invoke").map(drop)
}

fn is_of_the_event(error: &AwsError) -> bool {
    OF_THE_EVENT.iter().any(|code| error.is(code))
}
