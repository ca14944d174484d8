//! The report of a failed run: the first cause, further failures, what exists now, how to continue.

use crate::error::CommandError;
use incident_deploy::aws::AwsError;
use incident_deploy::engine::Outcome;
use incident_deploy::plan::{Action, Change};

/// Codes that are not about one resource: every other resource is likely to fail with the same one.
const GENERAL: [&str; 10] = [
    "NoAnswer",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "OptInRequired",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
];

/// The error of a failed or interrupted run; `again` is the command that resumes it, if any does.
pub(super) fn failure(outcome: &Outcome, again: Option<&str>) -> Option<CommandError> {
    let state = match again {
        Some(command) => format!("{}: run `{command}` again to continue", state(outcome)),
        None => state(outcome),
    };
    if let Some(failure) = root_cause(outcome) {
        return Some(failure.hint(state));
    }
    let interrupted = !outcome.not_begun.is_empty() || !outcome.abandoned.is_empty();
    interrupted.then(|| CommandError::interrupted().hint(state))
}

/// The first failure, its hints, and further failures beside it.
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
    first.is(&other.code) && (first.message == other.message || GENERAL.iter().any(|code| first.is(code)))
}

/// `10 created, 2 deleted, 1 failed, 9 not started`.
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
    let mut text = format!("{done}, {} failed, {open} not started", outcome.failures.len());
    if !outcome.abandoned.is_empty() {
        text += &format!(", and still in flight: {}", outcome.abandoned.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::Format;
    use crate::ui::Ui;
    use incident_deploy::template::{Attributes, Desired};

    fn failed(id: &str, code: &str, message: &str) -> (Change, AwsError) {
        let desired = Desired {
            logical_id: id.to_owned(),
            resource_type: "AWS::Test::Thing".to_owned(),
            step: 1,
            properties: serde_json::Value::Null,
            attributes: Attributes::default(),
            needs: BTreeSet::new(),
            retain: false,
        };
        let change = Change {
            logical_id: id.to_owned(),
            resource_type: desired.resource_type.clone(),
            action: Action::Create,
            cause: None,
            data_loss: false,
            holds: None,
            properties: Vec::new(),
            detour: None,
            desired,
            observed: None,
        };
        (change, AwsError::new("test:MakeThing", code, message))
    }

    #[test]
    fn failures_of_one_cause_are_told_once() {
        let failures = vec![
            failed("A", "NoAnswer", "connection refused"),
            failed("B", "NoAnswer", "connection reset"),
            failed("C", "InvalidParameter", "too long"),
            failed("D", "NoAnswer", "connection refused"),
        ];
        let ui = Ui::plain(Format::Json);
        let outcome = Outcome { failures, skipped: vec!["E".into()], ..Outcome::default() };
        let report =
            failure(&outcome, Some("incidentctl up")).map(|failure| ui.failure_json(&failure)["error"].clone());
        let report = report.unwrap_or_default();
        assert!(report["message"].as_str().is_some_and(|message| message.starts_with("A (AWS::Test::Thing) failed:")));
        let hints: Vec<&str> =
            report["hints"].as_array().into_iter().flatten().filter_map(|hint| hint.as_str()).collect();
        assert!(hints.contains(&"… and 2 more resources failed for the same reason: B, D"), "{hints:?}");
        assert!(hints.iter().any(|hint| hint.starts_with("C failed too:")), "{hints:?}");
        assert_eq!(
            hints.last(),
            Some(&"nothing done, 4 failed, 1 not started: run `incidentctl up` again to continue")
        );
        let rolled_back =
            failure(&outcome, None).map(|failure| ui.failure_json(&failure).to_string()).unwrap_or_default();
        assert!(!rolled_back.contains("again"), "{rolled_back}");
    }
}
