//! Notices about an incident, and their times: decisions on values.
//!
//! The outbox is the incident itself: `due` is the pending notice, `notices` its number, and `due_at` the time to
//! handle the incident. A sender first takes a lease by advancing `due_at`; if it crashes, the lease expires and
//! another sender takes over. A notice that is held back (by a silence, the budget, a flapping resource) has a later
//! `due_at`.

use crate::alert_policy::AlertPolicy;
use crate::incident::{Incident, Status};
use crate::silence::{Silence, covering};
use crate::time::seconds_of;
use crate::word::{Word, by_name};

#[cfg(test)]
mod tests;

/// More state changes than this within [`FLAPPING_SECONDS`] are flapping, as in Alerta.
const STEADY_CHANGES: usize = 2;
/// The timeline's entry about a recovery. If the event ended the incident without reporting a recovery, a colon and how it
/// ended follow.
pub const RECOVERED: &str = "recovered";
/// The window for flapping, and how long a resource must keep one state to be stable again.
pub const FLAPPING_SECONDS: i64 = 30 * 60;

/// Longest time between two reminders, unless the policy has a longer one.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Limit on the recorded state changes: far more than flapping requires, few enough for a record.
const MOST_CHANGES: usize = 100;

/// The reason for a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The incident is new.
    Opened,
    /// It is new, and the third state change in short succession: no more mails until the state is stable.
    Flapping,
    /// Its severity increased.
    Escalated,
    /// It is unacknowledged.
    Reminder,
    /// It ended.
    Recovered,
    /// A reason of a newer version.
    Other(Word),
}

impl Reason {
    /// All reasons of this version.
    pub const ALL: [Self; 5] = [Self::Opened, Self::Flapping, Self::Escalated, Self::Reminder, Self::Recovered];

    /// The name in records.
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

/// What to do about an incident that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Send the due notice.
    Send,
    /// Make a reminder due, and send it.
    Remind,
    /// Resolve it after its quiet period.
    Resolve,
    /// Handle it again at this time, in seconds since 1970; `None` if nothing more is to come.
    LookAgain(Option<i64>),
}

/// What to do about an incident at a time, in seconds since 1970.
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

/// When an incident without a pending notice is due, in seconds since 1970.
pub fn next_look(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    [quiet_end(incident, policy), reminder_at(incident, policy)].into_iter().flatten().min()
}

/// When it is resolved if nothing fails until then. Alarms report their own end, however long it takes.
fn quiet_end(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    let can_be_quiet = incident.status != Status::Resolved && !incident.end_is_reported();
    let last = can_be_quiet.then(|| seconds_of(&incident.last_seen_at)).flatten()?;
    policy.resolve_after_quiet.of(incident.severity).after(last)
}

/// When a reminder is due: only for mailed, unacknowledged incidents, as far as this version can tell. Drills have
/// none. Each comes as long after the one before as the incident is old, so their number grows with the logarithm of
/// its age; from a day on, daily.
fn reminder_at(incident: &Incident, policy: &AlertPolicy) -> Option<i64> {
    let is_waiting = incident.status.is_untaken() && incident.drill.is_none();
    let last = seconds_of(is_waiting.then_some(incident.last_notified_at.as_deref()).flatten()?)?;
    let first = policy.remind_after.of(incident.severity).seconds()?;
    let age = seconds_of(&incident.created_at).map_or(0, |created| last - created);
    Some(last.saturating_add(first.max(age.min(DAY_SECONDS))))
}

/// The reason that prevails when a second one arises before the first was sent: a first notice stays a first notice,
/// and a recovery supersedes everything.
pub fn superseding(waiting: Option<Reason>, new: Reason) -> Reason {
    match (waiting, new) {
        (Some(first @ (Reason::Opened | Reason::Flapping)), Reason::Escalated | Reason::Reminder) => first,
        _ => new,
    }
}

/// How a new incident relates to its fingerprint's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// As the first one.
    Fresh,
    /// It begins to flap, which is reported once.
    BeginsToFlap,
    /// It keeps flapping, which was already reported.
    StillFlaps,
}

/// The recent state changes including the one at `now`, and their meaning. `before` is the previous, resolved incident
/// of the fingerprint; after a manual resolution the history starts afresh.
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

/// The state changes within the window, at most the newest [`MOST_CHANGES`].
pub fn recent(changes: &[i64], now: i64) -> Vec<i64> {
    let counting = changes.iter().rev().copied().filter(|change| *change > now - FLAPPING_SECONDS);
    let mut newest: Vec<i64> = counting.take(MOST_CHANGES).collect();
    newest.reverse();
    newest
}
