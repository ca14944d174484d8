//! Why a pattern does not match: the field, its value, and the expected one.

use std::fmt;

use serde_json::Value;

use super::operator::{Comparison, Operator};
use super::place::Step;
use super::{Fields, Matching, Node, Pattern};
use crate::fields::shortened;

/// Longest value that is quoted, in characters.
const MAX_VALUE: usize = 80;

impl Pattern {
    /// The first condition that an event does not meet, in words; `None` if it matches.
    pub fn mismatch(&self, event: &Value) -> Option<String> {
        (!self.matches(event)).then(|| fields(&self.fields, event, Some(event), &mut Vec::new()).unwrap_or_default())
    }

    /// Every condition on a value, with the path to its field and the tests of which one must hold.
    pub(crate) fn conditions(&self) -> Vec<(Vec<Step>, &[Operator])> {
        let mut found = Vec::new();
        conditions(&self.fields, &[], &mut found);
        found
    }
}

fn conditions<'p>(fields: &'p Fields, way: &[Step], found: &mut Vec<(Vec<Step>, &'p [Operator])>) {
    for (name, node) in &fields.named {
        let way = [way, &[Step::Field(name.clone())]].concat();
        match node {
            Node::Object(fields) => conditions(fields, &way, found),
            Node::Leaf(operators) => found.push((way, operators)),
        }
    }
    for (at, alternative) in fields.alternatives.iter().flatten().enumerate() {
        conditions(alternative, &[way, &[Step::Or, Step::Element(at)]].concat(), found);
    }
}

fn fields<'p>(pattern: &'p Fields, event: &Value, value: Option<&Value>, path: &mut Vec<&'p str>) -> Option<String> {
    let missed = pattern.named.iter().find_map(|(name, node)| field(name, node, event, value, path));
    missed.or_else(|| pattern.alternatives.iter().find_map(|group| alternatives(group, event, value, path)))
}

fn alternatives<'p>(
    group: &'p [Fields],
    event: &Value,
    value: Option<&Value>,
    path: &mut Vec<&'p str>,
) -> Option<String> {
    let missed: Option<Vec<String>> = group.iter().map(|alternative| fields(alternative, event, value, path)).collect();
    missed.map(|missed| missed.join("; and "))
}

fn field<'p>(
    name: &'p str,
    node: &'p Node,
    event: &Value,
    parent: Option<&Value>,
    path: &mut Vec<&'p str>,
) -> Option<String> {
    if (Matching { event }).field(name, node, parent, path) {
        return None;
    }
    let value = parent.and_then(|parent| parent.get(name));
    path.push(name);
    let missed = match node {
        Node::Object(inner) => fields(inner, event, value, path),
        Node::Leaf(operators) => {
            let wanted = operators.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            let found = value.map_or("missing".to_owned(), |value| shortened(&value.to_string(), MAX_VALUE));
            Some(format!("{} is {found}, wanted is {wanted}", path.join(".")))
        }
    };
    path.pop();
    missed
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
