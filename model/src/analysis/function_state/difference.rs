//! What differs between two states of a function.

use super::{Altered, Change, FunctionState};

/// The version of a function's latest code, which has no number.
const LATEST: &str = "$LATEST";

/// The reserved concurrency of a function that has none.
const UNRESERVED: &str = "none";

/// What an update of code or settings changes, and its time with it.
struct Updated(Vec<Altered>);

/// When the former state was seen, in seconds since 1970: what a description has, and what it lacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) seen_at: i64,
    pub(super) beside_at: i64,
}

/// The differences of a former state and one that was read at `read_at`, newest first.
pub(super) fn differences(before: &FunctionState, now: &FunctionState, since: Since, read_at: i64) -> Vec<Change> {
    let Since { seen_at, beside_at } = since;
    let beside = beside(before, now).into_iter();
    let mut changes: Vec<Change> =
        beside.map(|altered| Change { altered, at: read_at, since: Some(beside_at.min(read_at)), by: None }).collect();
    changes.extend(updated(before, now).changes(before, now, seen_at, read_at));
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes
}

/// What changes without the time of the function's last modification: aliases and reserved concurrency.
fn beside(before: &FunctionState, now: &FunctionState) -> Vec<Altered> {
    let moved = now.aliases.iter().filter_map(|(name, to)| {
        let from = before.aliases.get(name).filter(|from| *from != to)?;
        Some(Altered::Alias { name: name.clone(), from: from.clone(), to: to.clone() })
    });
    moved.chain(concurrency(before, now)).collect()
}

fn concurrency(before: &FunctionState, now: &FunctionState) -> Option<Altered> {
    let reserved = |state: &FunctionState| match state.concurrency {
        Some(reserved) => Some(reserved.to_string()),
        None => state.unreserved.then(|| UNRESERVED.to_owned()),
    };
    let (from, to) = (reserved(before)?, reserved(now)?);
    (from != to).then(|| setting("concurrency", &from, &to))
}

/// A version with a number keeps what it had when it was published, so the other state may be the later one.
fn updated(before: &FunctionState, now: &FunctionState) -> Updated {
    let is_later = is_same_version(before, now) || before.modified_at < now.modified_at && before.modified_at.is_some();
    let mut altered = if is_later { settings(before, now) } else { Vec::new() };
    let is_touched = is_same_version(before, now) && has_moved(before, now);
    if altered.is_empty() && is_touched {
        altered.push(Altered::Something);
    }
    Updated(altered)
}

fn is_same_version(before: &FunctionState, now: &FunctionState) -> bool {
    let version =
        |state: &'_ FunctionState| if state.version.is_empty() { LATEST.to_owned() } else { state.version.clone() };
    version(before) == version(now)
}

fn has_moved(before: &FunctionState, now: &FunctionState) -> bool {
    matches!((before.modified_at, now.modified_at), (Some(before), Some(now)) if before != now)
}

impl Updated {
    /// Their times: exact if the one update that can be told explains all of it.
    fn changes(self, before: &FunctionState, now: &FunctionState, seen_at: i64, read_at: i64) -> Vec<Change> {
        let modified = now.modified_at.filter(|_| has_moved(before, now));
        let at = modified.unwrap_or(read_at);
        let since = if modified.is_some() && self.0.len() < 2 { None } else { Some(seen_at.min(at)) };
        self.0.into_iter().map(|altered| Change { altered, at, since, by: None }).collect()
    }
}

fn settings(before: &FunctionState, now: &FunctionState) -> Vec<Altered> {
    let texts = [
        ("runtime", &before.runtime, &now.runtime),
        ("handler", &before.handler, &now.handler),
        ("role", &before.role, &now.role),
        ("architecture", &before.architecture, &now.architecture),
        ("log group", &before.log_group, &now.log_group),
    ];
    let numbers = [
        ("memory", before.memory, now.memory),
        ("timeout", before.timeout, now.timeout),
        ("storage", before.storage, now.storage),
    ];
    let network =
        (before.network != now.network).then(|| setting("network", &before.network.join(" "), &now.network.join(" ")));
    let description =
        (before.description != now.description).then(|| setting("description", &before.description, &now.description));
    code(before, now)
        .into_iter()
        .chain(numbers.into_iter().filter_map(|(name, from, to)| number(name, from, to)))
        .chain(environment(before, now))
        .chain(layers(before, now))
        .chain(texts.into_iter().filter_map(|(name, from, to)| text(name, from, to)))
        .chain(network)
        .chain(description)
        .collect()
}

fn code(before: &FunctionState, now: &FunctionState) -> Option<Altered> {
    let is_known = !before.code.is_empty() && !now.code.is_empty();
    let version = if now.version == LATEST { String::new() } else { now.version.clone() };
    (is_known && before.code != now.code).then_some(Altered::Code { version })
}

fn environment(before: &FunctionState, now: &FunctionState) -> Option<Altered> {
    let (added, removed) =
        (missing_in(&before.environment, &now.environment), missing_in(&now.environment, &before.environment));
    (!added.is_empty() || !removed.is_empty()).then_some(Altered::Environment { added, removed })
}

fn layers(before: &FunctionState, now: &FunctionState) -> Option<Altered> {
    let (from, to) = (missing_in(&now.layers, &before.layers), missing_in(&before.layers, &now.layers));
    (!from.is_empty() || !to.is_empty()).then_some(Altered::Layers { from, to })
}

/// The items of `list` that are not in `of`.
fn missing_in(of: &[String], list: &[String]) -> Vec<String> {
    list.iter().filter(|item| !of.contains(item)).cloned().collect()
}

fn number(name: &str, from: Option<u64>, to: Option<u64>) -> Option<Altered> {
    let (from, to) = (from?, to?);
    (from != to).then(|| setting(name, &from.to_string(), &to.to_string()))
}

/// An empty text is one that is not known.
fn text(name: &str, from: &str, to: &str) -> Option<Altered> {
    (from != to && !from.is_empty() && !to.is_empty()).then(|| setting(name, from, to))
}

fn setting(name: &str, from: &str, to: &str) -> Altered {
    Altered::Setting { name: name.to_owned(), from: from.to_owned(), to: to.to_owned() }
}
