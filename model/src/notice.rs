//! What people are written to about an incident, and when: decisions on values.
//!
//! The outbox is the incident itself. A notice that is due stands in `due`, with its number in `notices`; `due_at` says
//! when somebody has to look at the incident. Whoever sends the notice first moves `due_at` on, by which others know that
//! it is in hand; if the sender dies, that moment comes, and the next one sends it. A notice that is held back (by a
//! silence, a full budget, a flapping resource) is one whose `due_at` is later.

use crate::alert_policy::AlertPolicy;
use crate::incident::{Incident, Status};
use crate::silence::{Silence, covering};
use crate::time::seconds_of;
use crate::word::{Word, by_name};

#[cfg(test)]
mod tests;

/// More state changes than this within [`FLAPPING_SECONDS`] are flapping: Alerta's rule.
const STEADY_CHANGES: usize = 2;
/// In which time state changes count as flapping, and how long a resource has to keep one state to be steady again.
pub const FLAPPING_SECONDS: i64 = 30 * 60;

/// So many state changes are remembered: far more than make a resource flap, and few enough for a record.
const MOST_CHANGES: usize = 100;

/// Why people are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The incident is new.
    Opened,
    /// It is new, and the third change of state in short time: no more mails until the state stays.
    Flapping,
    /// It became worse.
    Escalated,
    /// Nobody acknowledged it.
    Reminder,
    /// It is over.
    Recovered,
    /// One that a newer version has.
    Other(Word),
}

impl Reason {
    /// All that this version has.
    pub const ALL: [Self; 5] = [Self::Opened, Self::Flapping, Self::Escalated, Self::Reminder, Self::Recovered];

    /// The name as it stands in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Flapping => "flapping",
            Self::Escalated => "escalated",
            Self::Reminder => "reminder",
            Self::Recovered => "recovered",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(Reason, Reason::ALL);

/// What to do about an incident whose moment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Send the notice that is due.
    Send,
    /// Make a reminder due, and send it.
    Remind,
    /// Resolve it: nothing failed for long enough.
    Resolve,
    /// Look again at that moment, in seconds since 1970; nothing when there is nothing more to come.
    LookAgain(Option<i64>),
}

/// What to do about an incident at a moment, in seconds since 1970.
pub fn attention(incident: &Incident, policy: &AlertPolicy, silences: &[Silence], now: i64) -> Attention {
    let silenced = covering(silences, incident, now).and_then(Silence::ends_at);
    if incident.due.is_some() {
        return silenced.map_or(Attention::Send, |end| Attention::LookAgain(Some(end)));
    }
    if quiet_end(incident, policy).is_some_and(|end| end <= now) {
        return Attention::Resolve;
    }
    match (reminder_at(incident, policy).is_some_and(|at| at <= now), silenced) {
        (true, None) => Attention::Remind,
        (true, Some(end)) => Attention::LookAgain(Some(end)),
        (false, _) => Attention::LookAgain(next_look(incident, policy)),
    }
}

/// When somebody has to look at an incident that no notice is due for, in seconds since 1970.
pub fn next_look(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    [quiet_end(incident, policy), reminder_at(incident, policy)].into_iter().flatten().min()
}

/// When it is resolved if nothing fails until then. An alarm tells its end itself, however long it takes.
fn quiet_end(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    let can_be_quiet = incident.status != Status::Resolved && incident.source != "cloudwatch";
    let last = can_be_quiet.then(|| seconds_of(&incident.last_seen_at)).flatten()?;
    policy.resolve_after_quiet.of(incident.severity).after(last)
}

/// When people are reminded of it: only of what somebody heard of and nobody took, as far as this version can tell. A drill
/// reminds nobody.
fn reminder_at(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    let is_waiting = incident.status.is_untaken() && incident.drill.is_none();
    let last = is_waiting.then_some(incident.last_notified_at.as_deref()).flatten()?;
    policy.remind_after.of(incident.severity).after(seconds_of(last)?)
}

/// The reason that remains when a second one comes before the first was sent: people who never heard of an incident hear
/// that it is there, and the last word is that it is over.
pub fn superseding(waiting: Option<Reason>, new: Reason) -> Reason {
    match (waiting, new) {
        (Some(first @ (Reason::Opened | Reason::Flapping)), Reason::Escalated | Reason::Reminder) => first,
        _ => new,
    }
}

/// How a new incident continues what its fingerprint did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// As if it were the first.
    Fresh,
    /// It flaps from now on, which people are told once.
    BeginsToFlap,
    /// It goes on flapping, which people know.
    StillFlaps,
}

/// The state changes of the recent past with the one at `now`, and what they mean. `before` is the resolved incident that
/// had the fingerprint; what a person resolved begins anew.
pub fn beginning(before: Option<&Incident>, now: i64) -> (Vec<i64>, Beginning) {
    let before = before.filter(|before| before.recovered && before.drill.is_none());
    let mut changes: Vec<i64> = before.map(|before| recent(&before.recent_changes, now)).unwrap_or_default();
    changes.push(now);
    let beginning = match (changes.len() > STEADY_CHANGES, before.is_some_and(|before| before.flapping)) {
        (true, true) => Beginning::StillFlaps,
        (true, false) => Beginning::BeginsToFlap,
        (false, _) => Beginning::Fresh,
    };
    (changes, beginning)
}

/// Those state changes that still count, the newest [`MOST_CHANGES`] at most.
pub fn recent(changes: &[i64], now: i64) -> Vec<i64> {
    let counting = changes.iter().rev().copied().filter(|change| *change > now - FLAPPING_SECONDS);
    let mut newest: Vec<i64> = counting.take(MOST_CHANGES).collect();
    newest.reverse();
    newest
}
