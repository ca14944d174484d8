//! A host or service that it calls.

use super::Suspect;
use crate::analysis::facts::Facts;
use crate::analysis::hosts::host;
use crate::analysis::signs::{
    ABSENT, ANSWERED, CERTIFICATE, DATABASE, DENIED, LOADING, SHAPE, TIMEOUT, UNREACHABLE, has, is_answered,
    is_disconnected,
};
use crate::analysis::{Cause, LogLine, advice, aws};
use crate::quotation::named;
use crate::time::seconds_of;

/// The sign of a connection that failed in words which are not known as a whole.
const SUPPOSED: &str = "connection";

/// What failed with a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Unreachable,
    Certificate,
    Database,
    Answered,
}

/// A dependency, by the error that it causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Its host, or a service of AWS; empty if the error does not say.
    pub(crate) name: String,
    /// What distinguishes the trouble where the name is not known: the sign in the error.
    pub(crate) sign: &'static str,
    trouble: Trouble,
}

impl Dependency {
    /// The dependency that an error is about.
    pub(crate) fn of(error: &str) -> Option<Self> {
        let lower = error.to_lowercase();
        let first = |signs: &'static [&'static str]| signs.iter().find(|sign| lower.contains(**sign)).copied();
        let (sign, trouble) = first(DATABASE)
            .map(|sign| (sign, Trouble::Database))
            .or_else(|| first(CERTIFICATE).map(|sign| (sign, Trouble::Certificate)))
            .or_else(|| first(UNREACHABLE).map(|sign| (sign, Trouble::Unreachable)))
            .or_else(|| first(ANSWERED).map(|sign| (sign, Trouble::Answered)))
            .or_else(|| is_answered(&lower).then_some(("status", Trouble::Answered)))
            .or_else(|| (is_disconnected(&lower) && !has(&lower, SHAPE)).then_some((SUPPOSED, Trouble::Unreachable)))?;
        Some(Self { name: name(error), sign, trouble })
    }

    /// Whether two errors are about one dependency.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self.name.as_str(), other.name.as_str()) {
            ("", "") | ("", _) | (_, "") => self.trouble == Trouble::Database && self.sign == other.sign,
            (one, other) => one == other,
        }
    }
}

/// The host or service in an error, or the address.
fn name(error: &str) -> String {
    let host = error.lines().take(4).find_map(host);
    host.or_else(|| aws::service(error).map(|service| aws::title(service).to_owned())).unwrap_or_default()
}

/// What a function's own code says, too.
const OF_ANYONE: &[&str] = &["internal", "overloaded", "server error", "servererror", "throttled"];

/// Marks of another's answer.
const REMOTE: &[&str] = &[
    "$fault",
    "$metadata",
    "429",
    "500",
    "502",
    "503",
    "504",
    "http",
    "rate",
    "status",
    "throttl",
    "when calling the",
];

/// A dependency that the error names, or that it waited for.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    if has(&facts.lower, DENIED) {
        return Vec::new();
    }
    let Some(mut found) = Dependency::of(&facts.error).filter(|_| !is_of_itself(facts)) else {
        return [waited(facts), called(facts), absent(facts)].into_iter().flatten().collect();
    };
    // The line before often says what was called.
    let line = called_before(facts).filter(|_| found.name.is_empty() && found.trouble != Trouble::Database);
    if let Some(line) = line {
        found.name = self::name(&line.text);
    }
    let is_of_anyone = found.trouble == Trouble::Answered && has(found.sign, OF_ANYONE);
    if found.name.is_empty() && is_of_anyone && !has(&facts.lower, REMOTE) {
        return Vec::new();
    }
    let found = found;
    let name = if found.name.is_empty() { String::new() } else { named(&found.name) };
    let statement = match (found.trouble, name.as_str()) {
        (Trouble::Unreachable, "") => "What it calls cannot be reached.".to_owned(),
        (Trouble::Unreachable, name) => format!("It cannot reach {name}."),
        (Trouble::Certificate, "") => "The certificate of what it calls is not valid.".to_owned(),
        (Trouble::Certificate, name) => format!("The certificate of {name} is not valid."),
        (Trouble::Database, "") => "Its database is overloaded or not available.".to_owned(),
        (Trouble::Database, name) => format!("The database {name} is overloaded or not available."),
        (Trouble::Answered, "") => "What it calls answers with errors, or refuses more calls.".to_owned(),
        (Trouble::Answered, name) => format!("{name} answers with errors, or refuses more calls."),
    };
    let others = others(facts, &found);
    let is_known = !name.is_empty() || found.trouble == Trouble::Database;
    let is_likely = is_known && found.sign != SUPPOSED && facts.is_unchanged() && !is_of_code(facts);
    let weight = match is_known {
        _ if found.sign == SUPPOSED => 54,
        true => 70,
        false => 55,
    };
    let suspect = Suspect::likely_if(is_likely, Cause::Dependency, weight, statement);
    let advice =
        if found.trouble == Trouble::Unreachable && !name.is_empty() { advice::network(facts, &name) } else { None };
    let line = line.map(|line| facts.line_quote(line));
    vec![suspect.resting_on(line).resting_on([facts.error_quote()]).resting_on(others).advising(advice)]
}

/// Whether the failure is one of the function's own time or size, of which the words only remind.
fn is_of_itself(facts: &Facts<'_>) -> bool {
    has(&facts.lower, TIMEOUT) || super::limit::is_out_of_memory(facts)
}

/// Addresses that only a wrong setting or wrong code calls.
fn is_of_code(facts: &Facts<'_>) -> bool {
    has(&facts.lower, &["127.0.0.1", "localhost", "://undefined", "enotfound undefined"])
}

/// How far apart others began that fail with the same dependency, in seconds.
const TOGETHER: i64 = 10 * 60;

/// Others that fail with the same dependency.
fn others(facts: &Facts<'_>, found: &Dependency) -> Option<crate::analysis::Quote> {
    let near = facts.evidence.around.found()?.iter().filter(|one| !one.is_drill && !one.is_resolved);
    let began = seconds_of(&facts.incident.created_at).unwrap_or(facts.now);
    let same: Vec<String> = near
        .filter(|one| (one.began_at - began).abs() <= TOGETHER)
        .filter(|one| one.resource != facts.incident.resource)
        .filter(|one| Dependency::of(&one.summary).is_some_and(|other| found.is_same(&other)))
        .map(|one| named(&one.resource))
        .take(5)
        .collect();
    let list = crate::analysis::words::listed(&same);
    let text = format!("{list} {} with it, too", if same.len() == 1 { "fails" } else { "fail" });
    (!same.is_empty()).then(|| crate::analysis::facts::quote(crate::analysis::EvidenceKind::Related, None, text))
}

/// The line right before the error that says what was called.
pub(crate) fn called_before<'f>(facts: &'f Facts<'_>) -> Option<&'f LogLine> {
    const CALLS: &[&str] = &[
        "asking",
        "attempt",
        "calling",
        "connect",
        "fetching",
        "get http",
        "http",
        "invok",
        "post http",
        "put http",
        "querying",
        "request",
        "retry",
        "sending",
        "waiting for",
    ];
    let last = facts.lines().iter().rev().take(4);
    last.into_iter().find(|line| has(&line.text.to_lowercase(), CALLS) && !name(&line.text).is_empty())
}

/// A call that ran out of time right after it named a host.
fn waited(facts: &Facts<'_>) -> Option<Suspect> {
    if !has(&facts.lower, TIMEOUT) {
        return None;
    }
    let line = called_before(facts)?;
    let name = name(&line.text);
    Some(
        Suspect::possible(Cause::Dependency, 63, format!("It waited for {} when its time ran out.", named(&name)))
            .resting_on([facts.line_quote(line), facts.error_quote()])
            .advising(advice::network(facts, &named(&name)).filter(|_| name.contains('.'))),
    )
}

/// Another function that answers with an error, without an incident of its own.
fn called(facts: &Facts<'_>) -> Option<Suspect> {
    let is_call = has(&facts.lower, &["functionerror", "function error", "returned an error from"]);
    is_call.then(|| {
        Suspect::possible(Cause::Dependency, 50, "A function that it calls answers with an error.")
            .resting_on([facts.error_quote()])
    })
}

/// Something that it asks for and that is not there.
fn absent(facts: &Facts<'_>) -> Option<Suspect> {
    let is_absent = has(&facts.lower, ABSENT) && !has(&facts.lower, LOADING);
    is_absent.then(|| {
        let of = aws::service(&facts.error).map(|service| format!(" of {}", aws::title(service))).unwrap_or_default();
        Suspect::possible(
            Cause::Dependency,
            48,
            format!("Something{of} that it asks for does not exist, or cannot be used."),
        )
        .resting_on([facts.error_quote()])
        .advising(["Check the name that it asks for, and whether it was deleted.".to_owned()])
    })
}
