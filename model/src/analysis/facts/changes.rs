//! Changes of the function that came before its first failure, and how close to it.

use super::Facts;
use crate::analysis::function_state::{Altered, Change};
use crate::analysis::rates::MINUTE;
use crate::analysis::{FunctionState, origin};

/// How far the clocks of two services can be apart, in seconds.
const CLOCKS: i64 = 10;
/// How long after a change a failure can still be its first consequence, in seconds, while nothing says whether it worked in
/// between.
const SOON: i64 = 15 * MINUTE;
/// The same where it is only possible.
const LATER: i64 = 60 * MINUTE;
/// The same where no call came in between.
const NIGHT: i64 = 26 * 60 * MINUTE;

/// How close a change and the first failure are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fresh {
    /// Calls succeeded in between; only an error that is about the very change makes it a suspect.
    Old,
    /// It may have been a while, or the order is not sure.
    Weak,
    /// Within minutes.
    Recent,
    /// No call succeeded in between.
    Abrupt,
}

/// What is known of the time of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It was made at this time.
    Exact,
    /// It was made then or earlier, after the last snapshot.
    AtLeast,
    /// It was made then or later.
    AtMost,
}

/// A change before the first failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) change: Change,
    /// How long before the first failure it was made, in seconds.
    pub(crate) elapsed: i64,
    pub(crate) order: Order,
    /// Whether the first failure is known by its minute only.
    pub(crate) is_rough: bool,
    pub(crate) fresh: Fresh,
    /// Whether it can break something by itself.
    pub(crate) is_harmful: bool,
}

/// The changes before the first failure that are close to it, newest first.
pub(super) fn before(facts: &Facts<'_>) -> Vec<Before> {
    known(facts).into_iter().filter_map(|change| placed(facts, change)).collect()
}

/// The changes of the function, as snapshot and present state show them.
fn known(facts: &Facts<'_>) -> Vec<Change> {
    let history = facts.evidence.history.found();
    match (history, facts.state()) {
        (Some(history), Some(state)) => {
            let mut now = state.clone();
            // The event says where the alias led.
            if let (Some(alias), Some(version)) = (facts.incident.origin.get(origin::ALIAS), numbered(facts.executed()))
            {
                now.aliases.insert(alias.clone(), version.to_owned());
            }
            history.changes_until(&now, facts.now)
        }
        (Some(history), None) => history.changes.clone(),
        (None, Some(state)) => touched(state).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

/// Without a snapshot, only that something changed.
fn touched(state: &FunctionState) -> Option<Change> {
    Some(Change { altered: Altered::Something, at: state.modified_at?, since: None, by: None })
}

fn numbered(version: Option<&str>) -> Option<&str> {
    version.filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()) && !version.is_empty())
}

/// A change with its distance from the first failure; `None` if it came after it, was of another version, or long ago.
fn placed(facts: &Facts<'_>, change: Change) -> Option<Before> {
    // A minute between two snapshots leaves no doubt when it was: a sweep may come right between a change and its failure.
    let change = Change { since: change.since.filter(|since| change.at - since > MINUTE), ..change };
    let ran = ran(facts, &change);
    if ran == Some(false) {
        return None;
    }
    let latest = facts.first.latest;
    let earliest = change.since.unwrap_or(change.at);
    let is_before = change.at <= latest;
    if !is_before && change.at > latest + CLOCKS && earliest > latest && ran != Some(true) {
        return None;
    }
    let order = match (is_before, change.since) {
        (true, None) => Order::Exact,
        (true, Some(_)) => Order::AtLeast,
        (false, _) => Order::AtMost,
    };
    let elapsed = (facts.first.at - if is_before { change.at } else { earliest }).max(0);
    let fresh = match is_before || ran == Some(true) {
        true => freshness(facts, &change, elapsed)?,
        false => straddling(facts, earliest, change.since.is_none()),
    };
    let is_harmful = is_harmful(&change.altered);
    let is_rough = facts.first.latest > facts.first.at;
    Some(Before { change, elapsed, order, is_rough, fresh, is_harmful })
}

/// Whether the version that failed has the change; `None` if nothing says.
fn ran(facts: &Facts<'_>, change: &Change) -> Option<bool> {
    let executed = numbered(facts.executed())?;
    match &change.altered {
        Altered::Alias { name, from, to } => {
            let is_of_call = facts.incident.origin.get(origin::ALIAS).is_none_or(|alias| alias == name);
            match () {
                () if !is_of_call => Some(false),
                () if to == executed => Some(true),
                () if from == executed => Some(false),
                () => None,
            }
        }
        Altered::Code { version } if numbered(Some(version)).is_some() => Some(version == executed),
        Altered::Setting { name, .. } if name == "concurrency" => None,
        // A version keeps what it had when it was published, and one to which the alias led before has nothing newer.
        _ => {
            let state = facts.state().filter(|state| numbered(Some(&state.version)).is_some());
            let published = state.and_then(|state| state.modified_at).map(|at| at + MINUTE);
            let led_before = led_before(facts, executed);
            [published, led_before].into_iter().flatten().any(|until| change.at > until).then_some(false)
        }
    }
}

/// When the alias by which it was called led to a version already, as the snapshot shows.
fn led_before(facts: &Facts<'_>, version: &str) -> Option<i64> {
    let history = facts.evidence.history.found()?;
    let alias = facts.incident.origin.get(origin::ALIAS)?;
    (history.state.aliases.get(alias).map(String::as_str) == Some(version))
        .then_some(history.beside_at.unwrap_or(history.seen_at))
}

/// How fresh a change was when the failures began; `None` if it had proved itself before. What was called within its first minute
/// may have met the former environments.
fn freshness(facts: &Facts<'_>, change: &Change, elapsed: i64) -> Option<Fresh> {
    let rates = facts.evidence.rates.found();
    if change.since.is_some() && change.at > facts.first.latest {
        return Some(Fresh::Recent);
    }
    let served = rates.and_then(|rates| rates.served(change.at + MINUTE, first_minute(facts)));
    let is_exact = change.since.is_none();
    match served {
        Some(served) if served <= 0.0 && elapsed <= LATER => Some(if is_exact { Fresh::Abrupt } else { Fresh::Recent }),
        Some(served) if served <= 0.0 && elapsed <= NIGHT => Some(Fresh::Recent),
        Some(_) if elapsed <= 5 * MINUTE => Some(Fresh::Recent),
        None if elapsed <= SOON => Some(Fresh::Recent),
        None if elapsed <= LATER => Some(Fresh::Weak),
        Some(_) | None => takes_away(&change.altered).then_some(Fresh::Old),
    }
}

/// Whether a change takes something away that one call may need long after.
fn takes_away(altered: &Altered) -> bool {
    match altered {
        Altered::Setting { name, from, to } => name != "concurrency" && is_less(from, to),
        Altered::Environment { removed, .. } => !removed.is_empty(),
        Altered::Layers { from, .. } => !from.is_empty(),
        Altered::Code { .. } | Altered::Alias { .. } | Altered::Something => false,
    }
}

/// The begin of the minute of the first failure.
fn first_minute(facts: &Facts<'_>) -> i64 {
    facts.first.at - facts.first.at.rem_euclid(MINUTE)
}

/// A change that may have come before or after the first failure.
fn straddling(facts: &Facts<'_>, earliest: i64, is_exact: bool) -> Fresh {
    let is_near = !is_exact && facts.first.at - earliest <= 2 * LATER;
    let began = facts.failing.is_some_and(|failing| failing.is_new() && failing.since >= earliest);
    if is_near && began { Fresh::Recent } else { Fresh::Weak }
}

/// Whether a change can break something by itself. More of what a function may use does not.
fn is_harmful(altered: &Altered) -> bool {
    match altered {
        Altered::Setting { name, from, to } => match name.as_str() {
            "description" | "log group" => false,
            "memory" | "timeout" | "storage" | "concurrency" => is_less(from, to),
            _ => true,
        },
        Altered::Environment { added, removed } => added.iter().chain(removed).any(|name| !is_of_logging(name)),
        Altered::Code { .. } | Altered::Alias { .. } | Altered::Layers { .. } | Altered::Something => true,
    }
}

/// Whether a number was lowered, or set where there was none: a function without reserved concurrency may use all that the
/// account has.
pub(crate) fn is_less(from: &str, to: &str) -> bool {
    match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) => to < from,
        (Err(_), Ok(_)) => from == "none",
        _ => false,
    }
}

/// Whether a variable sets what is logged.
fn is_of_logging(name: &str) -> bool {
    let name = name.to_uppercase();
    ["LOG_LEVEL", "LOGLEVEL", "LOG_", "_LOG", "LOGGER", "DEBUG", "VERBOS"].iter().any(|part| name.contains(part))
}
