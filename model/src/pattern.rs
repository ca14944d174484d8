//! Event patterns: which JSON events a rule matches.
//!
//! The language is EventBridge's, including its corner cases: all named fields must match, one of the listed values
//! suffices, an array in the event matches by any of its elements, fields of one array element belong together, and a
//! dot in a name is the step to a field: `"a.b"` and `{"a": {"b": …}}` are one path. The facts come from
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html> and from the behaviour of
//! AWS's open matcher, <https://github.com/aws/event-ruler>.
//!
//! `quamina`, with which the tests compare, supports neither `$or` nor the nested forms of `anything-but`, so matching
//! is implemented here.

mod complexity;
mod cover;
mod explain;
mod matching;
pub(crate) mod operator;
mod parse;
pub(crate) mod place;
#[cfg(test)]
mod tests;
mod way;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use operator::Operator;
pub(crate) use parse::{OPERATORS, OR, Refusal};
use way::{Path, Way};

/// A validated pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// As written.
    fields: Fields,
    /// All ways through the alternatives; one must hold.
    ways: Vec<Way>,
    /// Paths with more than one list of tests on one way.
    overridden: BTreeSet<Path>,
}

/// Why a pattern is invalid.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// The text is not JSON.
    #[error("the pattern is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// The text is JSON and breaks a rule of the language.
    #[error("{}{reason}", of_field(path))]
    Invalid {
        /// The field at fault, its names joined by dots; empty for the whole pattern.
        path: String,
        /// The problem, in EventBridge's words.
        reason: String,
    },
}

impl PatternError {
    /// The problem in EventBridge's words: the part after `Event pattern is not valid. Reason: `.
    pub fn reason(&self) -> &str {
        match self {
            Self::NotJson(_) => "Invalid JSON",
            Self::Invalid { reason, .. } => reason,
        }
    }
}

fn of_field(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("field `{path}`: ") }
}

/// Conditions on an object; all must match. In the order of the text, since a later list of tests replaces an earlier one
/// for the same path.
#[derive(Debug, Clone, PartialEq)]
struct Fields(Vec<Member>);

#[derive(Debug, Clone, PartialEq)]
enum Member {
    Named(String, Node),
    /// One of these (`$or`) must match.
    Alternatives(Vec<Fields>),
}

/// Conditions on a field.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Object(Fields),
    /// One of these must match.
    Leaf(Arc<[Operator]>),
}

impl Pattern {
    /// Parses and checks a pattern.
    ///
    /// # Errors
    /// When the text is not JSON, or EventBridge would reject it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let value = serde_json::from_str(text).map_err(PatternError::NotJson)?;
        Self::from_value(&value)
    }

    /// Validates a pattern that is already a value, as in a rules file.
    ///
    /// # Errors
    /// When EventBridge would reject it.
    pub fn from_value(value: &Value) -> Result<Self, PatternError> {
        Self::check(value).map_err(|refusals| {
            let Refusal { at, reason } = refusals.into_iter().next().unwrap_or_default();
            PatternError::Invalid { path: place::dotted(&at), reason }
        })
    }

    /// Validates a pattern and returns everything that EventBridge would reject; EventBridge reports only the first.
    pub(crate) fn check(value: &Value) -> Result<Self, Vec<Refusal>> {
        let refuse = |reason: &str| vec![Refusal { at: Vec::new(), reason: reason.to_owned() }];
        let fields = parse::pattern(value)?;
        let (ways, overridden) = way::ways(&fields).map_err(refuse)?;
        Ok(Self { fields, ways, overridden })
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.ways.iter().any(|way| matching::holds(way, event))
    }

    /// Refuses wildcards that are too complex for EventBridge. Only its own rules have this limit, not rules files.
    ///
    /// # Errors
    /// When one value could match too many prefixes of a field's wildcards at once.
    pub fn check_complexity(&self) -> Result<(), PatternError> {
        complexity::check(&self.ways)
            .map_err(|reason| PatternError::Invalid { path: String::new(), reason: reason.to_owned() })
    }

    /// Paths that are tested more than once on one way, their names joined by dots: as on AWS, only the last list of tests
    /// counts.
    pub fn overridden(&self) -> impl Iterator<Item = &str> {
        self.overridden.iter().map(|path| &**path)
    }
}
