//! Event patterns: which JSON events a rule matches.
//!
//! The language is EventBridge's, including its corner cases: all named fields must match, one of the listed values
//! suffices, an array in the event matches by any of its elements, and fields of one array element belong together.
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>.
//!
//! `quamina`, with which the tests compare, supports neither `$or` nor the nested forms of `anything-but`, so matching
//! is implemented here.

mod cover;
mod explain;
pub(crate) mod operator;
mod parse;
pub(crate) mod place;
#[cfg(test)]
mod tests;

use serde_json::Value;

use operator::Operator;
pub(crate) use parse::{OPERATORS, OR, Refusal};

/// A validated pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    fields: Fields,
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

/// Conditions on an object.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    /// All of these must match.
    named: Vec<(String, Node)>,
    /// One of each group (`$or`) must match.
    alternatives: Vec<Vec<Fields>>,
}

/// Conditions on a field.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Object(Fields),
    /// One of these must match.
    Leaf(Vec<Operator>),
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
        Ok(Self { fields: parse::pattern(value)? })
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &Value) -> bool {
        Matching { event }.object(&self.fields, Some(event), &mut Vec::new())
    }
}

/// An event being matched. Absence is a property of the whole event, hence the reference to it.
struct Matching<'e> {
    event: &'e Value,
}

impl<'e> Matching<'e> {
    fn object<'p>(&self, fields: &'p Fields, value: Option<&'e Value>, path: &mut Vec<&'p str>) -> bool {
        match value {
            Some(Value::Array(elements)) if !elements.is_empty() => {
                elements.iter().any(|element| self.object(fields, Some(element), path))
            }
            _ => {
                fields.named.iter().all(|(name, node)| self.field(name, node, value, path))
                    && fields
                        .alternatives
                        .iter()
                        .all(|group| group.iter().any(|alternative| self.object(alternative, value, path)))
            }
        }
    }

    fn field<'p>(&self, name: &'p str, node: &'p Node, parent: Option<&'e Value>, path: &mut Vec<&'p str>) -> bool {
        let value = parent.and_then(|parent| parent.get(name));
        path.push(name);
        let matched = match node {
            Node::Object(fields) => self.object(fields, value, path),
            Node::Leaf(operators) => operators.iter().any(|operator| match operator {
                Operator::Absent => !has_leaf(self.event, path),
                _ => value.is_some_and(|value| any_leaf(value, &|leaf| operator.matches(leaf))),
            }),
        };
        path.pop();
        matched
    }
}

/// Whether a non-object value, or such an element of an array, passes a test.
fn any_leaf(value: &Value, test: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| any_leaf(element, test)),
        Value::Object(_) => false,
        leaf => test(leaf),
    }
}

/// Whether there is a non-object value at a path, through any arrays.
fn has_leaf(value: &Value, path: &[&str]) -> bool {
    match (path, value) {
        ([], value) => any_leaf(value, &|_| true),
        (_, Value::Array(elements)) => elements.iter().any(|element| has_leaf(element, path)),
        ([name, rest @ ..], value) => value.get(name).is_some_and(|value| has_leaf(value, rest)),
    }
}
