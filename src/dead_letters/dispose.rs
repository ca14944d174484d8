//! Taking certain messages out of a queue, and leaving all others in it.

use std::collections::BTreeSet;
use std::time::Duration;

use incident_deploy::aws::AwsError;
use incident_deploy::engine::Interrupt;

use super::letter::DeadLetter;
use super::queue::{Held, Queue};

/// How long messages stay hidden unless returned earlier: far longer than ten take.
const HOLD: Duration = Duration::from_secs(60);

/// What became of the messages that were asked for.
#[derive(Debug, Default)]
pub struct Disposal {
    /// Ids of those that are out of the queue.
    pub gone: Vec<String>,
    /// Those that stay, and why.
    pub stayed: Vec<Stayed>,
    /// Ids of those that were not met: others have them in their hands, or took them out. After an interrupt or a failure
    /// also those that were not begun.
    pub unmet: BTreeSet<String>,
    /// What ended it early.
    pub stopped: Option<AwsError>,
    /// Why messages are not back yet; they are after a minute.
    pub not_put_back: Option<AwsError>,
}

/// A message that stays in its queue.
#[derive(Debug)]
pub struct Stayed {
    /// Its id.
    pub message_id: String,
    /// Why.
    pub error: AwsError,
}

/// Does something with each of these messages, deletes it once that succeeded, and says through `settled` what became of it. A
/// message that `act` fails on stays; the others go on if `is_its_own` says that they need not fail for the same reason. An
/// interrupt lets the one in hand finish.
pub async fn dispose(
    queue: &Queue,
    wanted: BTreeSet<String>,
    interrupt: &Interrupt,
    mut act: impl AsyncFnMut(&DeadLetter) -> Result<(), AwsError>,
    is_its_own: impl Fn(&AwsError) -> bool,
    mut settled: impl FnMut(&str, Option<&AwsError>),
) -> Disposal {
    let mut work = Work { disposal: Disposal { unmet: wanted, ..Disposal::default() }, ..Work::default() };
    while !work.is_over(interrupt) {
        let page = match queue.receive(HOLD).await {
            Ok(page) => page,
            Err(error) => {
                work.disposal.stopped = Some(error);
                break;
            }
        };
        let mut is_new = false;
        for held in page {
            let is_wanted = !work.is_over(interrupt) && work.disposal.unmet.remove(&held.letter.message_id);
            is_new |= work.met.insert(held.letter.message_id.clone());
            if !is_wanted {
                work.returned.push(held.receipt);
                continue;
            }
            let done = take_out(queue, &held, &mut act).await;
            settled(&held.letter.message_id, done.as_ref().err());
            work.settle(held, done, &is_its_own);
        }
        // Nothing, or only what was met before: the rest is in the hands of others.
        if !is_new {
            break;
        }
    }
    work.disposal.not_put_back = queue.put_back(&work.returned).await.err();
    work.disposal
}

async fn take_out(
    queue: &Queue,
    held: &Held,
    act: &mut impl AsyncFnMut(&DeadLetter) -> Result<(), AwsError>,
) -> Result<(), AwsError> {
    act(&held.letter).await?;
    queue.delete(held).await
}

#[derive(Debug, Default)]
struct Work {
    disposal: Disposal,
    /// Ids of all messages that were received.
    met: BTreeSet<String>,
    /// Receipts of what is put back in the end: at once, and the next call would bring the same again.
    returned: Vec<String>,
}

impl Work {
    fn is_over(&self, interrupt: &Interrupt) -> bool {
        self.disposal.unmet.is_empty() || self.disposal.stopped.is_some() || interrupt.is_set()
    }

    fn settle(&mut self, held: Held, done: Result<(), AwsError>, is_its_own: &impl Fn(&AwsError) -> bool) {
        let message_id = held.letter.message_id;
        let Err(error) = done else { return self.disposal.gone.push(message_id) };
        self.returned.push(held.receipt);
        if !is_its_own(&error) {
            self.disposal.stopped = Some(error.clone());
        }
        self.disposal.stayed.push(Stayed { message_id, error });
    }
}
