//! Another resource of the account, which has an incident of its own.

use super::Suspect;
use crate::analysis::facts::{Facts, quote};
use crate::analysis::signs::{DENIED, has};
use crate::analysis::words::span;
use crate::analysis::{Cause, EvidenceKind, LogLine, Neighbour};
use crate::arn;
use crate::quotation::{named, said};
use crate::time::seconds_of;

/// How much later the other incident can begin, in seconds: its event may arrive after this one's.
const LATER: i64 = 30;
/// How much earlier the other incident can have begun to be the cause for sure, in seconds.
const LONG_BEFORE: i64 = 2 * 60 * 60;
/// Shortest name that is looked for in an error.
const SHORTEST: usize = 3;

/// The resource that the error names, if it fails itself and did so before.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    if has(&facts.lower, DENIED) {
        return Vec::new();
    }
    let around = facts.evidence.around.found().map_or(&[][..], Vec::as_slice);
    let began = seconds_of(&facts.incident.created_at).unwrap_or(facts.now).max(facts.first.at);
    let is_before = |one: &&Neighbour| is_other(facts, one) && one.began_at <= began + LATER;
    let by_error = || around.iter().filter(is_before).filter(|one| is_named(facts, one)).map(|one| (one, None));
    let by_log = || around.iter().filter(is_before).filter_map(|one| Some((one, Some(failed_line(facts, one)?))));
    let oldest = |one: &(&Neighbour, Option<&LogLine>)| one.0.began_at;
    let Some((one, line)) = by_error().min_by_key(oldest).or_else(|| by_log().min_by_key(oldest)) else {
        return Vec::new();
    };
    let before = began - one.began_at;
    let where_named = if line.is_some() { "the line before the error names it" } else { "this error names it" };
    let statement = match before {
        ..=0 => format!("{} fails, too, and {where_named}.", named(&one.resource)),
        before => format!("{} failed {} before, and {where_named}.", named(&one.resource), span(before)),
    };
    let what = format!("{}: {}", named(&one.incident_id), said(&one.summary));
    let (weight, is_likely) = match line {
        // It has failed for long, and this one did not.
        _ if before > LONG_BEFORE => (68, false),
        Some(_) => (82, false),
        None => (86, before >= 0),
    };
    let suspect = Suspect::likely_if(is_likely, Cause::Upstream, weight, statement)
        .resting_on(line.map(|line| facts.line_quote(line)))
        .resting_on([facts.error_quote(), quote(EvidenceKind::Related, Some(one.began_at), what)])
        .advising([format!("Work on {} first: incident {}.", named(&one.resource), named(&one.incident_id))]);
    vec![suspect]
}

fn is_other(facts: &Facts<'_>, one: &Neighbour) -> bool {
    let is_health = one.source.trim_start_matches("aws.") == "health";
    let is_same = one.resource == facts.incident.resource || facts.function == Some(one.resource.as_str());
    let is_comparable = one.is_drill == facts.incident.drill.is_some();
    !one.is_resolved && !is_health && !is_same && is_comparable && one.incident_id != facts.incident.incident_id
}

/// Whether the error, or the failed step of the execution, names a resource. Its stack names the function's own files.
fn is_named(facts: &Facts<'_>, one: &Neighbour) -> bool {
    let resource = one.resource.as_str();
    let step = facts.evidence.execution.found();
    let by_step = || {
        step.is_some_and(|step| arn::function_name(&step.resource) == resource || arn::name(&step.resource) == resource)
    };
    let by_cause = || step.is_some_and(|step| mentions(&step.cause, one));
    let is_alarm = matches!(facts.incident.source.as_str(), "cloudwatch" | "lambda-metrics");
    let headline = || facts.error.lines().next().is_some_and(|line| !line.contains("\"stack\"") && mentions(line, one));
    !is_alarm && mentions(&facts.incident.error_message, one) || by_step() || by_cause() || headline()
}

/// Whether a text speaks of a resource: a function's name may also be that of a file, a host or a path, and a word like any
/// other.
fn mentions(text: &str, one: &Neighbour) -> bool {
    const CALLS: &[&str] = &[
        "answered",
        "call",
        "error from",
        "fail",
        "function",
        "invocation",
        "invoke",
        "lambda",
        "rejected",
        "request to",
        "respon",
        "returned",
        "service",
        "upstream",
    ];
    let name = one.resource.as_str();
    let is_plain_word = name.bytes().all(|byte| byte.is_ascii_lowercase());
    if name.len() < SHORTEST || is_plain_word && !has(&text.to_lowercase(), CALLS) {
        return false;
    }
    let is_function = one.source.starts_with("lambda");
    let part_of_another = |before: Option<char>, after: Option<char>| {
        let joins = |character: char| matches!(character, '/' | '.' | '\\');
        is_function && (before.is_some_and(joins) || after.is_some_and(joins))
    };
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + name.len()..].chars();
        let (after, next) = (behind.next(), behind.next());
        let ends_sentence = after == Some('.') && next.is_none_or(char::is_whitespace);
        is_apart(before) && is_apart(after) && !part_of_another(before, after.filter(|_| !ends_sentence))
    })
}

/// Whether a character beside a name is no part of one.
fn is_apart(character: Option<char>) -> bool {
    !character.is_some_and(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

/// The line right before the error that says that a resource failed.
fn failed_line<'f>(facts: &'f Facts<'_>, one: &Neighbour) -> Option<&'f LogLine> {
    const FAILED: &[&str] = &[
        "error",
        "fail",
        "unhandled",
        "refused",
        "rejected",
        "timed out",
        "timeout",
        "unavailable",
        "502",
        "503",
        "504",
    ];
    let last = facts.lines().iter().rev().skip(1).take(3);
    last.into_iter().find(|line| mentions(&line.text, one) && has(&line.text.to_lowercase(), FAILED))
}
