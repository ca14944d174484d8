//! Parses a document into rules. A mistake hides no other: every readable part of a rule is read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Content, Document, Node, Place};
use super::findings::{Finding, Findings};
use super::mapping::{Mapping, repeated, repeated_keys, text};
use super::problem::Level;
use super::similar::nearest;
use super::template::{Template, TemplateError};
use super::{Escalation, Rule, pattern};
use crate::severity::UnknownSeverity;
use crate::{Pattern, Severity};

/// The keys of a rule.
const KEYS: &[&str] = &["name", "pattern", "severity", "summary", "recommendation", "runbook", "escalate"];

/// The readable parts of a rule.
pub(super) struct Draft<'d> {
    pub(super) place: Place,
    pub(super) name: Option<Part<'d, String>>,
    pub(super) pattern: Option<Part<'d, Pattern>>,
    pub(super) severity: Option<Severity>,
    pub(super) summary: Option<Part<'d, Template>>,
    pub(super) recommendation: Option<Part<'d, Template>>,
    runbook: Option<String>,
    pub(super) escalation: Option<Part<'d, Escalation>>,
    /// Whether the rule is complete.
    pub(super) is_whole: bool,
}

/// A value with its place.
pub(super) struct Part<'d, T> {
    pub(super) node: &'d Node,
    pub(super) value: T,
}

impl Draft<'_> {
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.value.as_str())
    }

    /// The rule, unless a part was unreadable.
    pub(super) fn rule(self) -> Option<Rule> {
        self.is_whole.then_some(())?;
        Some(Rule {
            name: self.name?.value,
            pattern: self.pattern.map(|pattern| pattern.value),
            severity: self.severity?,
            summary: self.summary?.value,
            recommendation: self.recommendation?.value,
            runbook: self.runbook,
            escalation: self.escalation.map(|escalation| escalation.value),
        })
    }
}

/// The readable parts of every rule, and the problems.
pub(super) fn drafts<'d>(document: &'d Document<'_>) -> (Vec<Draft<'d>>, Findings) {
    let mut findings = Findings::default();
    let mut of_file = Vec::new();
    let written = list(document, &mut of_file);
    findings.add(None, of_file);
    let mut drafts = Vec::new();
    let mut first_of = BTreeMap::new();
    for node in written {
        let mut found = repeated(document, node);
        let draft = draft(node, &mut found);
        if let Some(Part { node, value: name }) = draft.as_ref().and_then(|draft| draft.name.as_ref()) {
            if let Some(first) = first_of.get(name) {
                found.push(second_of(name, node.place, &document.line(*first)));
            } else {
                first_of.insert(name.clone(), node.place);
            }
        }
        findings.add(draft.as_ref().and_then(Draft::name), found);
        drafts.extend(draft);
    }
    (drafts, findings)
}

fn second_of(name: &str, place: Place, first: &str) -> Finding {
    let why = "incidents name the rule that won, so names must be unique";
    Finding::unreadable(place, format!("duplicate rule name `{name}`, first in {first}; {why}"))
}

/// The rules under `rules:`.
fn list<'d>(document: &'d Document<'_>, found: &mut Vec<Finding>) -> &'d [Node] {
    const ADVICE: &str = "write `rules:` and under it a list of rules";
    let root = &document.root;
    let Content::Map(entries) = &root.content else {
        found.push(Finding::unreadable(root.place, format!("the file is {}; {ADVICE}", root.kind())));
        return &[];
    };
    if !entries.iter().any(|entry| nearest(&entry.key, &["rules"]).is_some()) {
        // Another kind of file: listing all its keys would not help.
        found.push(Finding::unreadable(root.place, format!("`rules` is missing; {ADVICE}")));
        return &[];
    }
    found.extend(repeated_keys(document, entries));
    let file = Mapping::of(root, "a rules file", &["rules"], found);
    match file.and_then(|file| file.required("rules", ADVICE, found)) {
        Some(Node { content: Content::List(rules), .. }) if !rules.is_empty() => rules,
        Some(other) => {
            let what = if matches!(other.content, Content::List(_)) { "an empty list" } else { other.kind() };
            found.push(Finding::unreadable(other.place, format!("`rules` is {what}; {ADVICE}")));
            &[]
        }
        None => &[],
    }
}

fn draft<'d>(node: &'d Node, found: &mut Vec<Finding>) -> Option<Draft<'d>> {
    let rule = Mapping::of(node, "a rule", KEYS, found)?;
    if let Some(entry) = rule.entry("pattern").filter(|entry| entry.value.is_empty()) {
        let message = "`pattern` is empty, so the rule matches everything; remove it if that is intended";
        found.push(Finding::warning(entry.place, message));
    }
    let name = rule.required("name", "write one that is unique in the file", found);
    let name = part(name, |node| text("name", node, found));
    let pattern = part(rule.optional("pattern"), |node| pattern::read(node, found));
    let severity = severity(&rule, found);
    let summary = rule.required("summary", "write in one line what happened", found);
    let summary = part(summary, |node| template("summary", node, found));
    let recommendation = rule.required("recommendation", "write what to do about it", found);
    let recommendation = part(recommendation, |node| template("recommendation", node, found));
    let runbook = rule.optional("runbook").and_then(|node| text("runbook", node, found));
    let escalation = part(rule.optional("escalate"), |node| escalation(node, found));
    let is_whole = found.iter().all(|finding| finding.level != Level::Unreadable);
    Some(Draft { place: node.place, name, pattern, severity, summary, recommendation, runbook, escalation, is_whole })
}

fn part<T>(node: Option<&Node>, read: impl FnOnce(&Node) -> Option<T>) -> Option<Part<'_, T>> {
    let node = node?;
    Some(Part { node, value: read(node)? })
}

fn severity(mapping: &Mapping<'_>, found: &mut Vec<Finding>) -> Option<Severity> {
    let names = Severity::ALL.map(Severity::name).join(", ");
    let node = mapping.required("severity", &format!("write one of {names}"), found)?;
    let parsed = text("severity", node, found)?.parse();
    parsed.map_err(|error: UnknownSeverity| found.push(Finding::unreadable(node.place, error.to_string()))).ok()
}

fn template(key: &str, node: &Node, found: &mut Vec<Finding>) -> Option<Template> {
    let parsed = Template::parse(&text(key, node, found)?);
    let refused = |error: &TemplateError| Finding::unreadable(node.place, format!("{key}: {error}"));
    parsed.map_err(|errors| found.extend(errors.iter().map(refused))).ok()
}

fn escalation(node: &Node, found: &mut Vec<Finding>) -> Option<Escalation> {
    const ADVICE: &str = "write a number of failures, such as 10";
    let mapping = Mapping::of(node, "`escalate`", &["occurrences", "severity"], found)?;
    let severity = severity(&mapping, found);
    let written = mapping.required("occurrences", ADVICE, found)?;
    let occurrences = match &written.content {
        Content::Scalar(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    if occurrences.is_none() {
        found.push(Finding::unreadable(written.place, format!("`occurrences` is not a count; {ADVICE}")));
    }
    Some(Escalation { occurrences: occurrences?, severity: severity? })
}
