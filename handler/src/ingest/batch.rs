//! A batch of messages: which are done, and which stay in the queue.
//!
//! A message that ends the process takes the answer about all messages of its batch with it. So messages that were
//! received before come last, each alone: by then the others are recorded. One that was received more often than chance
//! explains comes after the others are deleted, because Lambda deletes what is done only after the answer.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use incident_model::Classification;
use serde_json::{Value, json};

use super::poison::Reason;
use super::{Deadline, Ingest, Message, Queues};
use crate::delivery::Reading;
use crate::error::HandlerError;
use crate::fail_open::Kept;
use crate::log::{self, Unit};
use crate::notify::Notifier;
use crate::panics::{Panicked, awaited, computed};
use crate::store::Store;

/// A message that was received this often may end the process.
const DANGEROUS_RECEIVES: u64 = 3;

/// The positions of the messages that are done.
type Done = Mutex<BTreeSet<usize>>;

/// What to do with a message.
enum Verdict {
    /// It is done.
    Done,
    /// It stays in the queue.
    Retry(String),
    /// It can never be handled.
    Poison(Reason),
}

impl<S: Store, N: Notifier, Q: Queues> Ingest<S, N, Q> {
    /// Handles messages, and returns Lambda's partial batch response: the ids of those that stay in the queue, among them
    /// all that are unfinished at the deadline (Lambda developer guide, "Handling errors for an SQS event source").
    pub(crate) async fn batch(&self, messages: &[Message<'_>], deadline: Deadline) -> Value {
        let done = Done::default();
        let work = async {
            let mut deleted = BTreeSet::new();
            for group in groups(messages) {
                let mut members = group.iter().filter_map(|&position| messages.get(position));
                if members.any(|message| message.receives() >= DANGEROUS_RECEIVES) {
                    self.delete(messages, &done, &mut deleted).await;
                }
                self.group(messages, &group, &done).await;
            }
        };
        if deadline.limit(work).await.is_none() {
            log::line("deadline", json!({ "messages": messages.len() }));
        }
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failed = messages.iter().enumerate().filter(|(position, _)| !done.contains(position));
        let failures: Vec<Value> = failed.map(|(_, message)| json!({ "itemIdentifier": message.id() })).collect();
        json!({ "batchItemFailures": failures })
    }

    /// Handles the messages at these positions together.
    async fn group(&self, messages: &[Message<'_>], group: &[usize], done: &Done) {
        let members = || group.iter().filter_map(|&position| Some((position, messages.get(position)?)));
        let mut readings: Vec<_> = members().map(|(_, message)| self.read(message)).collect();
        let take = |reading: &mut Result<Reading, Panicked>| {
            reading.as_mut().map(|reading| std::mem::take(&mut reading.events)).unwrap_or_default()
        };
        let events: Vec<Vec<Classification>> = readings.iter_mut().map(take).collect();
        let handled = awaited(self.handled(&events.concat(), Kept::InQueue)).await;
        let is_alone = group.len() == 1;
        let mut results = handled.map(Vec::into_iter);
        let mut poison = Vec::new();
        for (((position, message), reading), events) in members().zip(readings).zip(&events) {
            let own = results.as_mut().map(|results| results.by_ref().take(events.len()).collect());
            match verdict(reading, own.map_err(|panicked| *panicked), is_alone) {
                Verdict::Done => _ = locked(done).insert(position),
                Verdict::Retry(error) => {
                    let (id, receives) = (message.id(), message.receives());
                    log::line("failed", json!({ "message_id": id, "receives": receives, "error": error }));
                }
                Verdict::Poison(reason) => poison.push((position, message, reason)),
            }
        }
        if let Err(error) = self.tell_unrecorded().await {
            log::line("failed", json!({ "error": error.to_string() }));
        }
        for (position, message, reason) in poison {
            if self.put_away(message, &reason).await {
                _ = locked(done).insert(position);
            }
        }
    }

    /// Deletes the messages that are done, but for those that it tried to delete before.
    async fn delete(&self, messages: &[Message<'_>], done: &Done, deleted: &mut BTreeSet<usize>) {
        let new: Vec<usize> = locked(done).iter().copied().filter(|&position| deleted.insert(position)).collect();
        let new: Vec<&Message<'_>> = new.into_iter().filter_map(|position| messages.get(position)).collect();
        if new.is_empty() {
            return;
        }
        // The answer deletes them too, if it is given.
        if let Err(error) = self.queues.delete(&new).await {
            log::line("not-deleted", json!({ "messages": new.len(), "error": error.to_string() }));
        }
    }

    fn read(&self, message: &Message<'_>) -> Result<Reading, Panicked> {
        let settings = &self.flow.context.settings;
        computed(|| Reading::of(&message.delivery(settings), settings, &self.loaded.rules))
    }

    /// Puts a message into the dead-letter queue; returns whether it is there.
    async fn put_away(&self, message: &Message<'_>, reason: &Reason) -> bool {
        let put = self.queues.put_away(message, reason).await;
        let fields = json!({
            "message_id": message.id(), "receives": message.receives(), "code": reason.code, "reason": reason.message,
            "error": put.as_ref().err().map(ToString::to_string),
        });
        match put.is_ok() {
            true => self.flow.context.measured("poison", fields, None, &[("Poison", Unit::Count, 1.0)]),
            false => log::line("failed", fields),
        }
        put.is_ok()
    }
}

fn locked(done: &Done) -> MutexGuard<'_, BTreeSet<usize>> {
    done.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The positions of messages that are handled together, in the order of the groups: first all that are received for the
/// first time, then each of the others, the most often received last. Among equals chance decides, so that none is always
/// behind the one that ends the process.
fn groups(messages: &[Message<'_>]) -> Vec<Vec<usize>> {
    let (fresh, mut again): (Vec<usize>, Vec<usize>) =
        (0..messages.len()).partition(|&position| messages.get(position).is_none_or(|message| message.receives() <= 1));
    again.sort_by_cached_key(|&position| (messages.get(position).map(Message::receives), uuid::Uuid::new_v4()));
    let fresh = (!fresh.is_empty()).then_some(fresh);
    fresh.into_iter().chain(again.into_iter().map(|position| vec![position])).collect()
}

/// What becomes of a message, by its content and the results of its events. A panic in a group may be another message's
/// doing.
fn verdict(
    reading: Result<Reading, Panicked>,
    results: Result<Vec<Result<(), HandlerError>>, Panicked>,
    is_alone: bool,
) -> Verdict {
    let (unreadable, results) = match (reading, results) {
        (Err(panicked), _) => return Verdict::Poison(panicked.into()),
        (_, Err(panicked)) if is_alone => return Verdict::Poison(panicked.into()),
        (_, Err(panicked)) => return Verdict::Retry(panicked.to_string()),
        (Ok(reading), Ok(results)) => (reading.unreadable, results),
    };
    match (results.into_iter().find_map(Result::err), unreadable) {
        (Some(error), _) => Verdict::Retry(error.to_string()),
        (None, Some(unreadable)) => Verdict::Poison(Reason::from(&unreadable)),
        (None, None) => Verdict::Done,
    }
}
