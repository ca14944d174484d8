//! Problems of readable rules: rules that never win, conditions that no event meets, placeholders that no event has.

mod condition;
#[cfg(test)]
pub(super) mod tests;

use super::document::Document;
use super::findings::{Finding, Findings};
use super::problem::Problem;
use super::read::{Draft, Part, drafts};
use super::similar::similar;

/// The report on a rules file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Number of readable rules.
    pub rules: usize,
    /// All problems, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Finds all problems of a rules file: unreadable parts, rules that never win, conditions that no event meets,
/// placeholders that no event has.
pub fn check(yaml: &str) -> Report {
    match Document::read(yaml) {
        Err(problem) => Report { rules: 0, problems: vec![problem] },
        Ok(document) => {
            let (drafts, mut findings) = drafts(&document);
            add_problems(&document, &drafts, &mut findings);
            let rules = drafts.into_iter().filter_map(Draft::rule).count();
            Report { rules, problems: findings.problems(&document) }
        }
    }
}

/// Adds the problems of the readable parts. Only provable ones are reported, so none found is no guarantee.
pub(super) fn add_problems(document: &Document<'_>, drafts: &[Draft<'_>], findings: &mut Findings) {
    for (at, draft) in drafts.iter().enumerate() {
        findings.add(draft.name(), unreachable(document, draft, &drafts[..at]));
        findings.add(draft.name(), draft.pattern.as_ref().map(condition::problems).into_iter().flatten());
        findings.add(draft.name(), unknown_attributes(draft));
        findings.add(draft.name(), idle_escalation(draft));
    }
}

/// The earlier rule that matches everything this one matches. An unreadable rule may mean anything.
fn unreachable(document: &Document<'_>, draft: &Draft<'_>, before: &[Draft<'_>]) -> Option<Finding> {
    let winner = before.iter().find(|earlier| earlier.is_whole && draft.is_whole && takes_all_of(earlier, draft))?;
    let why = match winner.pattern {
        None => "has no pattern, so it matches everything",
        Some(_) => "matches everything that this rule matches",
    };
    let (name, line) = (winner.name().unwrap_or_default(), document.line(winner.place));
    Some(Finding::error(draft.place, format!("it never wins: rule `{name}` in {line} {why}; put this rule before it")))
}

fn takes_all_of(earlier: &Draft<'_>, later: &Draft<'_>) -> bool {
    match (&earlier.pattern, &later.pattern) {
        (None, _) => true,
        (Some(earlier), Some(later)) => earlier.value.covers(&later.value),
        (Some(_), None) => false,
    }
}

/// Placeholders that no event has.
fn unknown_attributes(draft: &Draft<'_>) -> Vec<Finding> {
    let texts = [("summary", &draft.summary), ("recommendation", &draft.recommendation)];
    let mut found = Vec::new();
    for (field, Part { node, value }) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?))) {
        for name in value.attributes().filter(|name| !condition::is_attribute(name)) {
            let advice = similar(name, condition::ATTRIBUTES);
            let message = format!("its {field} names attributes.{name}, which no event has{advice}");
            found.push(Finding::warning(node.place, message));
        }
    }
    found
}

/// An escalation that does not raise the severity.
fn idle_escalation(draft: &Draft<'_>) -> Option<Finding> {
    let (from, Part { node, value: escalation }) = (draft.severity?, draft.escalation.as_ref()?);
    let to = escalation.severity;
    (to <= from).then(|| Finding::warning(node.place, format!("it escalates to {to}, which is not worse than {from}")))
}
