//! What a run that failed tells: the first cause, what else went wrong, what exists now, how to go on.

use super::CommandError;
use crate::aws::AwsError;
use crate::engine::Outcome;
use crate::plan::{Action, Change};

/// Codes that say nothing about the resource: whoever meets one meets it everywhere.
const GENERAL: [&str; 12] = [
    "NoAnswer",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "OptInRequired",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
];

/// The error of a run that failed or was interrupted; `again` is the command that goes on, where one does.
pub(super) fn failure(outcome: &Outcome, again: Option<&str>) -> Option<CommandError> {
    let state = match again {
        Some(command) => format!("{}: run `{command}` again to go on", state(outcome)),
        None => state(outcome),
    };
    if let Some(failure) = root_cause(outcome) {
        return Some(failure.hint(state));
    }
    let interrupted = !outcome.not_begun.is_empty() || !outcome.abandoned.is_empty();
    interrupted.then(|| CommandError::interrupted().hint(state))
}

/// The first failure, with what helps and with what failed beside it.
pub(super) fn root_cause(outcome: &Outcome) -> Option<CommandError> {
    let (change, error) = outcome.failures.first()?;
    let failure = CommandError::failed(format!("{} ({}) failed: {error}", change.logical_id, change.resource_type));
    let rest = outcome.failures.iter().skip(1);
    let (same, others): (Vec<_>, Vec<_>) = rest.partition(|(_, other)| is_same_cause(error, other));
    let mut lines: Vec<String> = error.hint().map(str::to_owned).into_iter().collect();
    lines.extend(folded(&same));
    lines.extend(others.iter().map(|(change, error)| format!("{} failed too: {error}", change.logical_id)));
    Some(failure.hints(lines))
}

/// `… and 5 more resources failed for the same reason: …`.
fn folded(same: &[&(Change, AwsError)]) -> Option<String> {
    let names: Vec<&str> = same.iter().map(|(change, _)| change.logical_id.as_str()).collect();
    let resources = if names.len() == 1 { "resource" } else { "resources" };
    (!names.is_empty())
        .then(|| format!("… and {} more {resources} failed for the same reason: {}", names.len(), names.join(", ")))
}

fn is_same_cause(first: &AwsError, other: &AwsError) -> bool {
    first.code == other.code && (first.message == other.message || GENERAL.contains(&first.code.as_str()))
}

/// `10 created, 2 deleted, 1 failed, 9 not begun`.
fn state(outcome: &Outcome) -> String {
    let verbs = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Replace, "replaced"),
        (Action::Delete, "deleted"),
    ];
    let kinds = verbs.into_iter().map(|(action, verb)| (outcome.count(action), verb)).filter(|(count, _)| *count > 0);
    let kinds: Vec<String> = kinds.map(|(count, verb)| format!("{count} {verb}")).collect();
    let done = if kinds.is_empty() { "nothing done".to_owned() } else { kinds.join(", ") };
    let open = outcome.skipped.len() + outcome.not_begun.len();
    let mut text = format!("{done}, {} failed, {open} not begun", outcome.failures.len());
    if !outcome.abandoned.is_empty() {
        text += &format!(", and not waited for: {}", outcome.abandoned.join(", "));
    }
    text
}
