//! Severity rules: which observation is how bad, what its incident is called, what to do about it.
//!
//! A rules file is a list; the first rule whose pattern matches the normalised event wins.

#[cfg(test)]
mod advice;
mod check;
mod command;
mod document;
mod findings;
mod mapping;
mod pattern;
mod problem;
mod read;
#[cfg(test)]
mod readable;
#[cfg(test)]
mod shapes;
mod similar;
mod template;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod unreadable;

use serde_json::Value;

use crate::fields::shortened;
use crate::observation::Observation;
use crate::{Pattern, Severity};
pub use check::{Report, check};
use document::Document;
pub use problem::{Level, Position, Problem, RulesError};
use read::Draft;
use template::Template;

/// The rules that come with the program.
pub const DEFAULT_RULES: &str = include_str!("../../../templates/severity-rules.yaml");

/// Longest summary, in characters; the mail's subject holds most of it.
const MAX_SUMMARY: usize = 160;
/// Longest recommendation, in characters.
const MAX_RECOMMENDATION: usize = 2000;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    name: String,
    pattern: Option<Pattern>,
    severity: Severity,
    summary: Template,
    recommendation: Template,
    runbook: Option<String>,
    escalation: Option<Escalation>,
}

/// What many failures of one kind make of their incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// From how many failures on.
    pub occurrences: u64,
    /// The severity from then on, if it was lower.
    pub severity: Severity,
}

impl Rule {
    /// Its name, unique in its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The severity that it gives.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether it is about this event, a value of [`Observation::as_event`]. A rule without a pattern is about all.
    pub fn matches(&self, event: &Value) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(event))
    }

    fn judge(&self, observation: &Observation) -> Judgement {
        Judgement {
            rule: self.name.clone(),
            severity: self.severity,
            summary: self.summary.render(observation, MAX_SUMMARY),
            recommendation: self.recommendation.render_advice(observation, MAX_RECOMMENDATION),
            runbook: self.runbook.clone(),
            escalation: self.escalation,
        }
    }
}

/// Rules in their order.
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// What the rules say about an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Name of the rule that won; `none` when none matched.
    pub rule: String,
    /// Its severity.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// What to do.
    pub recommendation: String,
    /// Address of the runbook.
    pub runbook: Option<String>,
    /// When it becomes worse by its number.
    pub escalation: Option<Escalation>,
}

impl Judgement {
    /// The severity of so many failures.
    pub fn severity_at(&self, occurrences: u64) -> Severity {
        let escalated = self.escalation.filter(|escalation| occurrences >= escalation.occurrences);
        escalated.map_or(self.severity, |escalation| escalation.severity.max(self.severity))
    }

    /// With how many failures an incident of a severity becomes worse.
    pub fn worse_at(&self, severity: Severity) -> Option<u64> {
        self.escalation.filter(|escalation| escalation.severity > severity).map(|escalation| escalation.occurrences)
    }
}

impl Rules {
    /// Reads a rules file. Rules that can be read but have no effect are no error here; [`check()`] finds them.
    ///
    /// # Errors
    /// Names everything that is wrong, and where.
    pub fn parse(yaml: &str) -> Result<Self, RulesError> {
        let document = Document::read(yaml).map_err(|problem| RulesError { problems: vec![problem] })?;
        let (drafts, mut findings) = read::drafts(&document);
        if findings.refuse_the_file() {
            check::add_problems(&document, &drafts, &mut findings);
            return Err(RulesError { problems: findings.problems(&document) });
        }
        Ok(Self { rules: drafts.into_iter().filter_map(Draft::rule).collect() })
    }

    /// The rules that come with the program.
    ///
    /// # Errors
    /// None in a program that passed its tests.
    pub fn defaults() -> Result<Self, RulesError> {
        Self::parse(DEFAULT_RULES)
    }

    /// These rules, and behind them others that decide what these leave open.
    #[must_use]
    pub fn before(mut self, others: Self) -> Self {
        self.rules.extend(others.rules);
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The name of each rule before the first one that matches, and which of its conditions the observation does not
    /// meet.
    pub fn passed_over(&self, observation: &Observation) -> Vec<(&str, String)> {
        let event = observation.as_event();
        let missed = |rule: &Rule| rule.pattern.as_ref().and_then(|pattern| pattern.mismatch(&event));
        self.rules.iter().map_while(|rule| Some((rule.name.as_str(), missed(rule)?))).collect()
    }

    /// What the first matching rule says.
    pub fn judge(&self, observation: &Observation) -> Judgement {
        let event = observation.as_event();
        let winner = self.rules.iter().find(|rule| rule.matches(&event));
        winner.map_or_else(|| unmatched(observation), |rule| rule.judge(observation))
    }
}

/// A failure that no rule foresaw is still a failure.
fn unmatched(observation: &Observation) -> Judgement {
    Judgement {
        rule: "none".to_owned(),
        severity: Severity::Medium,
        summary: shortened(&format!("{} failed: {}", observation.resource, observation.error()), MAX_SUMMARY),
        recommendation: "No rule matches this failure. Add one to the rules file, or a last rule without a pattern."
            .to_owned(),
        runbook: None,
        escalation: None,
    }
}
