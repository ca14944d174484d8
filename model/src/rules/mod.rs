//! Severity rules: they give an observation its severity, summary and recommendation.
//!
//! A rules file is a list; the first rule whose pattern matches the normalised event wins.

#[cfg(test)]
mod advice;
mod analysed;
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

use crate::analysis::Analysis;
use crate::fields::shortened;
use crate::incident::Incident;
use crate::observation::Observation;
use crate::pattern::place::dotted;
use crate::{Pattern, Severity};
pub use check::{Report, check};
use document::Document;
pub use problem::{Level, Position, Problem, RulesError};
use read::Draft;
use template::Template;

/// The default rules.
pub const DEFAULT_RULES: &str = include_str!("../../../templates/severity-rules.yaml");

/// Maximum length of a summary, in characters; the mail's subject holds most of it.
const MAX_SUMMARY: usize = 160;
/// Maximum length of a recommendation, in characters.
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

/// Escalation by number of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// The number of failures that escalates.
    pub occurrences: u64,
    /// The new severity, if it was lower.
    pub severity: Severity,
}

impl Rule {
    /// Its name, unique in its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its severity.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether it matches an event, a value of [`Observation::as_event`]. A rule without a pattern matches all.
    pub fn matches(&self, event: &Value) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(event))
    }

    /// Whether its pattern asks for what an analysis says.
    fn asks_for_analysis(&self) -> bool {
        let conditions = self.pattern.iter().flat_map(Pattern::conditions);
        conditions.into_iter().any(|(way, _)| dotted(&way).starts_with("analysis."))
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

/// The rules' judgement of an observation.
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
    /// The rule's escalation.
    pub escalation: Option<Escalation>,
}

impl Judgement {
    /// The severity at this number of failures.
    pub fn severity_at(&self, occurrences: u64) -> Severity {
        let escalated = self.escalation.filter(|escalation| occurrences >= escalation.occurrences);
        escalated.map_or(self.severity, |escalation| escalation.severity.max(self.severity))
    }

    /// The number of failures at which an incident of this severity escalates.
    pub fn worse_at(&self, severity: Severity) -> Option<u64> {
        self.escalation.filter(|escalation| escalation.severity > severity).map(|escalation| escalation.occurrences)
    }
}

impl Rules {
    /// Parses a rules file. Readable rules without an effect are not an error here; [`check()`] finds them.
    ///
    /// # Errors
    /// All problems, with their positions.
    pub fn parse(yaml: &str) -> Result<Self, RulesError> {
        let document = Document::read(yaml).map_err(|problem| RulesError { problems: vec![problem] })?;
        let (drafts, mut findings) = read::drafts(&document);
        if findings.refuse_the_file() {
            check::add_problems(&document, &drafts, &mut findings);
            return Err(RulesError { problems: findings.problems(&document) });
        }
        Ok(Self { rules: drafts.into_iter().filter_map(Draft::rule).collect() })
    }

    /// The default rules.
    ///
    /// # Errors
    /// None in a program that passed its tests.
    pub fn defaults() -> Result<Self, RulesError> {
        Self::parse(DEFAULT_RULES)
    }

    /// These rules, followed by others for the events that these do not match.
    #[must_use]
    pub fn before(mut self, others: Self) -> Self {
        self.rules.extend(others.rules);
        self
    }

    /// Number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rules before the first match, each with its name and the condition that the observation does not meet.
    pub fn passed_over(&self, observation: &Observation) -> Vec<(&str, String)> {
        let event = observation.as_event();
        let missed = |rule: &Rule| rule.pattern.as_ref().and_then(|pattern| pattern.mismatch(&event));
        self.rules.iter().map_while(|rule| Some((rule.name.as_str(), missed(rule)?))).collect()
    }

    /// The judgement of the first matching rule.
    pub fn judge(&self, observation: &Observation) -> Judgement {
        let event = observation.as_event();
        let winner = self.rules.iter().find(|rule| rule.matches(&event));
        winner.map_or_else(|| unmatched(observation), |rule| rule.judge(observation))
    }

    /// The judgement of the first rule that matches an observation with its analysis, if that rule asks for what the analysis
    /// says. Otherwise the judgement of [`judge`](Self::judge) stays.
    pub fn judge_with(&self, observation: &Observation, analysis: &Analysis) -> Option<Judgement> {
        let event = analysed::event(observation, analysis);
        let winner = self.rules.iter().find(|rule| rule.matches(&event))?;
        winner.asks_for_analysis().then(|| winner.judge(observation))
    }

    /// The same for an incident whose event is gone: it has no attributes.
    pub fn judge_incident(&self, incident: &Incident, analysis: &Analysis) -> Option<Judgement> {
        self.judge_with(&analysed::observation(incident), analysis)
    }
}

/// The judgement without a matching rule: a failure is an incident all the same.
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
