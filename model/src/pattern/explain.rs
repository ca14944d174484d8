//! Why a pattern does not match: the field, its value, and the expected one.

use std::fmt;

use serde_json::Value;

use super::operator::{Comparison, Operator};
use super::place::Step;
use super::{Fields, Member, Node, Pattern, matching};
use crate::fields::shortened;

/// Longest value that is quoted, in characters.
const MAX_VALUE: usize = 80;

/// Each condition is met, and not all by fields of the same elements.
const NOT_TOGETHER: &str = "each condition is met, but not all within the same elements of an array";

impl Pattern {
    /// The first condition that an event does not meet, in words; `None` if it matches.
    pub fn mismatch(&self, event: &Value) -> Option<String> {
        (!self.matches(event)).then(|| fields(&self.fields, event, None).unwrap_or_else(|| NOT_TOGETHER.to_owned()))
    }

    /// Every condition on a value, with the path to its field and the tests of which one must hold.
    pub(crate) fn conditions(&self) -> Vec<(Vec<Step>, &[Operator])> {
        let mut found = Vec::new();
        conditions(&self.fields, &[], &mut found);
        found
    }
}

fn conditions<'p>(fields: &'p Fields, way: &[Step], found: &mut Vec<(Vec<Step>, &'p [Operator])>) {
    for member in &fields.0 {
        match member {
            Member::Named(name, node) => {
                let way = [way, &[Step::Field(name.clone())]].concat();
                match node {
                    Node::Object(fields) => conditions(fields, &way, found),
                    Node::Leaf(operators) => found.push((way, operators)),
                }
            }
            Member::Alternatives(alternatives) => {
                for (at, alternative) in alternatives.iter().enumerate() {
                    conditions(alternative, &[way, &[Step::Or, Step::Element(at)]].concat(), found);
                }
            }
        }
    }
}

fn fields(pattern: &Fields, event: &Value, parent: Option<&str>) -> Option<String> {
    pattern.0.iter().find_map(|member| match member {
        Member::Named(name, node) => {
            field(node, event, &parent.map_or_else(|| name.clone(), |parent| format!("{parent}.{name}")))
        }
        Member::Alternatives(alternatives) => {
            let missed: Option<Vec<String>> =
                alternatives.iter().map(|alternative| fields(alternative, event, parent)).collect();
            missed.map(|missed| missed.join("; and "))
        }
    })
}

fn field(node: &Node, event: &Value, path: &str) -> Option<String> {
    match node {
        Node::Object(inner) => fields(inner, event, Some(path)),
        Node::Leaf(tests) if matching::meets(path, tests, event) => None,
        Node::Leaf(tests) => {
            let wanted = tests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            let value = path.split('.').try_fold(event, |value, name| value.get(name));
            let found = value.map_or("missing".to_owned(), |value| shortened(&value.to_string(), MAX_VALUE));
            Some(format!("{path} is {found}, wanted is {wanted}"))
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(formatter, "{value}"),
            Self::EqualsIgnoringCase(text) => write!(formatter, "{text:?} in any case"),
            Self::Prefix(text) => write!(formatter, "{text:?} at its beginning"),
            Self::PrefixIgnoringCase(text) => write!(formatter, "{text:?} at its beginning in any case"),
            Self::Suffix(text) => write!(formatter, "{text:?} at its end"),
            Self::SuffixIgnoringCase(text) => write!(formatter, "{text:?} at its end in any case"),
            Self::Wildcard(parts) => write!(formatter, "{:?}", parts.join("*")),
            Self::Numeric(comparisons) => {
                let written: Vec<_> = comparisons.iter().map(|(sign, limit)| format!("{sign} {limit}")).collect();
                write!(formatter, "a number {}", written.join(" and "))
            }
            Self::Cidr(network) => write!(formatter, "an address in {}/{}", network.address, network.bits),
            Self::AnythingBut(operators) => {
                let written: Vec<_> = operators.iter().map(ToString::to_string).collect();
                write!(formatter, "anything but {}", written.join(" and "))
            }
            Self::Present => formatter.write_str("any value"),
            Self::Absent => formatter.write_str("no value"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        })
    }
}
