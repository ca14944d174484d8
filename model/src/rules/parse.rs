//! Reads a rules file and says exactly what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::template::{Template, TemplateError};
use super::{Escalation, Rule};
use crate::severity::UnknownSeverity;
use crate::{Pattern, PatternError};

/// Why a text is no rules file.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not YAML, or not a list of rules with the right fields. The reason names line and column.
    #[error("the rules file cannot be read: {0}")]
    NotRules(String),
    /// No rule at all.
    #[error("the rules file has no rules")]
    Empty,
    /// Two rules of one name.
    #[error("line {line}: a second rule is named `{name}`; names say which rule won, so each may be used once")]
    Duplicate {
        /// The name.
        name: String,
        /// Line of the second rule.
        line: usize,
    },
    /// A severity that there is not.
    #[error("line {line}: rule `{name}` has no valid severity")]
    Severity {
        /// The rule.
        name: String,
        /// Its line.
        line: usize,
        /// What is wrong.
        source: UnknownSeverity,
    },
    /// A pattern that EventBridge would refuse.
    #[error("line {line}: rule `{name}` has no valid pattern")]
    Pattern {
        /// The rule.
        name: String,
        /// Its line.
        line: usize,
        /// What is wrong.
        source: PatternError,
    },
    /// A summary or recommendation with a placeholder that there is not.
    #[error("line {line}: rule `{name}` has no valid {field}")]
    Template {
        /// The rule.
        name: String,
        /// Its line.
        line: usize,
        /// `summary` or `recommendation`.
        field: &'static str,
        /// What is wrong.
        source: TemplateError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    pattern: Option<Value>,
    severity: String,
    summary: String,
    recommendation: String,
    runbook: Option<String>,
    escalate: Option<WrittenEscalation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEscalation {
    occurrences: u64,
    severity: String,
}

pub(super) fn rules(yaml: &str) -> Result<Vec<Rule>, RulesError> {
    let file: File = yaml_serde::from_str(yaml).map_err(|error| RulesError::NotRules(error.to_string()))?;
    if file.rules.is_empty() {
        return Err(RulesError::Empty);
    }
    let mut lines = Lines::of(yaml);
    let mut names = BTreeSet::new();
    let mut rules = Vec::with_capacity(file.rules.len());
    for written in file.rules {
        let line = lines.next_of(&written.name);
        if !names.insert(written.name.clone()) {
            return Err(RulesError::Duplicate { name: written.name, line });
        }
        rules.push(rule(written, line)?);
    }
    Ok(rules)
}

fn rule(written: Written, line: usize) -> Result<Rule, RulesError> {
    let name = || written.name.clone();
    let template = |field: &'static str, text: &str| {
        Template::parse(text).map_err(|source| RulesError::Template { name: name(), line, field, source })
    };
    let severity = |text: &str| text.parse().map_err(|source| RulesError::Severity { name: name(), line, source });
    let pattern = written.pattern.as_ref().map(Pattern::from_value).transpose();
    let escalate = |written: WrittenEscalation| {
        Ok(Escalation { occurrences: written.occurrences, severity: severity(&written.severity)? })
    };
    Ok(Rule {
        line,
        severity: severity(&written.severity)?,
        escalation: written.escalate.map(escalate).transpose()?,
        pattern: pattern.map_err(|source| RulesError::Pattern { name: name(), line, source })?,
        summary: template("summary", &written.summary)?,
        recommendation: template("recommendation", &written.recommendation)?,
        name: name(),
        runbook: written.runbook,
    })
}

/// Where the rules' names stand. YAML's reader does not keep the positions of values, so they are found in the text.
struct Lines {
    /// For each name the lines that have it and were not asked for yet, last first.
    of: BTreeMap<String, Vec<usize>>,
}

impl Lines {
    fn of(yaml: &str) -> Self {
        let mut of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, line) in yaml.lines().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let key = line.trim_start().trim_start_matches("- ").trim_start();
            if let Some(name) = key.strip_prefix("name:") {
                let name = name.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
                of.entry(name.to_owned()).or_default().push(index + 1);
            }
        }
        Self { of }
    }

    fn next_of(&mut self, name: &str) -> usize {
        self.of.get_mut(name).and_then(Vec::pop).unwrap_or_default()
    }
}
