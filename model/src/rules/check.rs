//! What is wrong with rules that can be read: rules that never win, conditions that no event meets, texts that name what
//! no event has.

mod condition;
#[cfg(test)]
mod tests;

use super::{Rule, Rules};

/// Something that is most likely not what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub rule: String,
    /// The line of its file that the rule begins at, from 1.
    pub line: usize,
    /// Whether the rule cannot do what it says; otherwise part of it is without effect.
    pub is_error: bool,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Rules {
    /// Rules that cannot win and conditions that cannot be met, in the order of the file. An empty list is no promise:
    /// only what can be proved is told.
    pub fn problems(&self) -> Vec<Problem> {
        self.rules
            .iter()
            .enumerate()
            .flat_map(|(at, rule)| {
                let unreachable = unreachable(rule, &self.rules[..at]);
                unreachable
                    .into_iter()
                    .chain(condition::problems(rule))
                    .chain(unknown_attributes(rule))
                    .map(|(is_error, message)| Problem { rule: rule.name.clone(), line: rule.line, is_error, message })
            })
            .collect()
    }
}

/// The rule before it that takes everything that it is about.
fn unreachable(rule: &Rule, before: &[Rule]) -> Option<(bool, String)> {
    let winner = before.iter().find(|earlier| match (&earlier.pattern, &rule.pattern) {
        (None, _) => true,
        (Some(earlier), Some(pattern)) => earlier.covers(pattern),
        (Some(_), None) => false,
    })?;
    let why = match winner.pattern {
        None => "has no pattern, so it matches everything",
        Some(_) => "matches everything that this rule matches",
    };
    let (name, line) = (&winner.name, winner.line);
    Some((true, format!("it never wins: rule `{name}` in line {line} {why}; put this rule before it")))
}

/// Placeholders for what no event has.
fn unknown_attributes(rule: &Rule) -> Vec<(bool, String)> {
    let texts = [("summary", &rule.summary), ("recommendation", &rule.recommendation)];
    let unknown = texts.into_iter().flat_map(|(field, text)| {
        let names = text.attributes().filter(|name| !condition::ATTRIBUTES.contains(name));
        names.map(move |name| {
            let advice = condition::similar(name, condition::ATTRIBUTES);
            (false, format!("its {field} names attributes.{name}, which no event has{advice}"))
        })
    });
    unknown.collect()
}
