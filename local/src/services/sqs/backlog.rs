//! A queue's messages, in the order in which they are delivered. Pure: the time is an argument.
//!
//! Fairness (SQS developer guide, "How Amazon SQS fair queues work"): messages of quiet groups come first. A group is noisy
//! while it has at least 30 messages in flight and more than a tenth of all; of several noisy groups, the one with the
//! fewest in flight comes first. A message without a group is a group of its own. AWS also judges a group by its share of
//! the processing time, for which it publishes no algorithm: that is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::message::Message;

/// In-flight messages below which a group is quiet.
const NOISY_MESSAGES: usize = 30;
/// A noisy group has more than one in so many of the messages in flight.
const NOISY_SHARE: usize = 10;
/// Receives after which a message goes to the back of the queue and out of the age metric (SQS developer guide, "Available
/// CloudWatch metrics").
const BACK_OF_QUEUE: u32 = 3;

/// The messages of one queue.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// By place in the queue.
    messages: BTreeMap<u64, Message>,
    next_place: u64,
    /// Delayed and in flight, by the time at which they become visible.
    hidden: BTreeSet<(Instant, u64)>,
    expiries: BTreeSet<(Instant, u64)>,
    /// Places by the latest receipt handle.
    receipts: HashMap<String, u64>,
    /// Those without a group share an entry.
    groups: BTreeMap<Option<String>, Group>,
    /// The first visible message of each group.
    heads: BTreeSet<(u64, Option<String>)>,
    in_flight: usize,
}

#[derive(Debug, Default)]
struct Group {
    visible: BTreeSet<u64>,
    in_flight: usize,
    delayed: usize,
}

/// Approximate message counts by visibility.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Backlog {
    /// Adds a message at the back.
    pub(super) fn push(&mut self, message: Message, now: Instant) {
        let place = self.next_place;
        self.next_place += 1;
        self.expiries.insert((message.expires, place));
        if let Some(receipt) = &message.receipt {
            self.receipts.insert(receipt.clone(), place);
        }
        self.messages.insert(place, message);
        self.place_in_group(place, now);
    }

    /// Receives up to `limit` visible messages, and removes those over `max_receives`, bound for the dead-letter queue.
    pub(super) fn receive(
        &mut self,
        limit: usize,
        visibility: Duration,
        max_receives: Option<u32>,
        now: Instant,
    ) -> (Vec<Message>, Vec<Message>) {
        self.settle(now);
        let (mut received, mut exhausted) = (Vec::new(), Vec::new());
        while received.len() < limit
            && let Some(place) = self.first()
        {
            let is_exhausted = |message: &Message| max_receives.is_some_and(|most| message.receive_count >= most);
            if self.messages.get(&place).is_some_and(is_exhausted) {
                exhausted.extend(self.remove(place));
            } else {
                received.extend(self.hand_out(place, now + visibility));
            }
        }
        (received, exhausted)
    }

    fn hand_out(&mut self, place: u64, until: Instant) -> Option<Message> {
        self.leave_group(place);
        let message = self.messages.get_mut(&place)?;
        message.receive_count += 1;
        message.receives_here += 1;
        message.visible = until;
        message.first_received.get_or_insert_with(jiff::Timestamp::now);
        let receipt = uuid::Uuid::new_v4().to_string();
        let former = message.receipt.replace(receipt.clone());
        let handed_out = message.clone();
        former.and_then(|former| self.receipts.remove(&former));
        self.receipts.insert(receipt, place);
        self.hide(place);
        Some(handed_out)
    }

    /// The message that is delivered next.
    fn first(&self) -> Option<u64> {
        let quiet = self.heads.iter().find(|(_, group)| !self.is_noisy(group));
        let fewest = || self.heads.iter().min_by_key(|(_, group)| self.groups.get(group).map(|group| group.in_flight));
        quiet.or_else(fewest).map(|(place, _)| *place)
    }

    fn is_noisy(&self, group: &Option<String>) -> bool {
        let in_flight = self.groups.get(group).map_or(0, |group| group.in_flight);
        group.is_some() && in_flight >= NOISY_MESSAGES && in_flight * NOISY_SHARE > self.in_flight
    }

    /// Removes a message by its latest receipt handle.
    pub(super) fn delete(&mut self, receipt: &str, now: Instant) -> Option<Message> {
        self.settle(now);
        let place = *self.receipts.get(receipt)?;
        self.remove(place)
    }

    /// Removes the first visible message.
    pub(super) fn take_visible(&mut self, now: Instant) -> Option<Message> {
        self.settle(now);
        let place = self.first()?;
        self.remove(place)
    }

    /// Sets when a message in flight becomes visible; `false` when the receipt handle names none.
    pub(super) fn change_visibility(&mut self, receipt: &str, until: Instant, now: Instant) -> bool {
        self.settle(now);
        let Some(&place) = self.receipts.get(receipt) else { return false };
        if self.messages.get(&place).is_none_or(|message| message.visible <= now) {
            return false;
        }
        self.leave_group(place);
        if let Some(message) = self.messages.get_mut(&place) {
            message.visible = until;
        }
        self.hide(place);
        true
    }

    /// When a message can be received: the past if one can now.
    pub(super) fn next_visible(&mut self, now: Instant) -> Option<Instant> {
        self.settle(now);
        if self.heads.is_empty() { self.hidden.first().map(|(visible, _)| *visible) } else { Some(now) }
    }

    /// Removes all messages.
    pub(super) fn clear(&mut self) {
        *self = Self { next_place: self.next_place, ..Self::default() };
    }

    pub(super) fn counts(&mut self, now: Instant) -> Counts {
        self.settle(now);
        Counts {
            visible: self.messages.len() - self.hidden.len(),
            in_flight: self.in_flight,
            delayed: self.hidden.len() - self.in_flight,
        }
    }

    /// Counts of messages in quiet groups, and the number of noisy groups.
    pub(super) fn quiet_counts(&mut self, now: Instant) -> (Counts, usize) {
        let mut counts = self.counts(now);
        let noisy = self.groups.iter().filter(|(name, _)| self.is_noisy(name));
        let mut groups = 0;
        for (_, group) in noisy {
            groups += 1;
            counts.visible -= group.visible.len();
            counts.in_flight -= group.in_flight;
            counts.delayed -= group.delayed;
        }
        (counts, groups)
    }

    /// When the oldest message came, of those received less than three times; optionally only of quiet groups.
    pub(super) fn oldest(&mut self, only_quiet: bool, now: Instant) -> Option<jiff::Timestamp> {
        self.settle(now);
        let counts = |message: &&Message| {
            message.receives_here < BACK_OF_QUEUE && !(only_quiet && self.is_noisy(&message.group))
        };
        self.messages.values().find(counts).map(|message| message.entered)
    }

    /// Removes expired messages and shows those whose time has come.
    fn settle(&mut self, now: Instant) {
        while let Some(&(expires, place)) = self.expiries.first()
            && expires <= now
        {
            self.remove(place);
        }
        while let Some(&(visible, place)) = self.hidden.first()
            && visible <= now
        {
            let goes_back = self.messages.get(&place).is_some_and(|message| message.receives_here >= BACK_OF_QUEUE);
            if goes_back && let Some(message) = self.remove(place) {
                self.push(message, now);
            } else {
                self.leave_group(place);
                self.place_in_group(place, now);
            }
        }
    }

    fn remove(&mut self, place: u64) -> Option<Message> {
        self.leave_group(place);
        let message = self.messages.remove(&place)?;
        self.expiries.remove(&(message.expires, place));
        if let Some(receipt) = &message.receipt {
            self.receipts.remove(receipt);
        }
        Some(message)
    }

    fn place_in_group(&mut self, place: u64, now: Instant) {
        match self.messages.get(&place) {
            Some(message) if message.visible <= now => {
                let group = message.group.clone();
                self.change_group(group, |group| _ = group.visible.insert(place));
            }
            Some(_) => self.hide(place),
            None => {}
        }
    }

    /// Counts a message as in flight or delayed.
    fn hide(&mut self, place: u64) {
        let Some(message) = self.messages.get(&place) else { return };
        self.hidden.insert((message.visible, place));
        let is_in_flight = message.receive_count > 0;
        self.in_flight += usize::from(is_in_flight);
        let group = message.group.clone();
        self.change_group(group, |group| {
            group.in_flight += usize::from(is_in_flight);
            group.delayed += usize::from(!is_in_flight);
        });
    }

    /// Takes a message out of all that depends on its visibility.
    fn leave_group(&mut self, place: u64) {
        let Some(message) = self.messages.get(&place) else { return };
        let is_in_flight = message.receive_count > 0;
        let was_hidden = self.hidden.remove(&(message.visible, place));
        self.in_flight -= usize::from(was_hidden && is_in_flight);
        let group = message.group.clone();
        self.change_group(group, |group| {
            group.visible.remove(&place);
            group.in_flight -= usize::from(was_hidden && is_in_flight);
            group.delayed -= usize::from(was_hidden && !is_in_flight);
        });
    }

    /// Changes a group and keeps its first visible message known; an empty group goes.
    fn change_group(&mut self, name: Option<String>, change: impl FnOnce(&mut Group)) {
        let group = self.groups.entry(name.clone()).or_default();
        let before = group.visible.first().copied();
        change(group);
        let after = group.visible.first().copied();
        if group.visible.is_empty() && group.in_flight == 0 && group.delayed == 0 {
            self.groups.remove(&name);
        }
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.heads.remove(&(before, name.clone()));
        }
        if let Some(after) = after {
            self.heads.insert((after, name));
        }
    }
}

#[cfg(test)]
mod tests;
