//! Proofs about patterns: that one matches whatever another matches, and that one matches nothing. Calling a rule
//! unreachable requires a proof, so anything uncertain counts as possible.

use serde_json::Value;

use super::operator::{Comparison, Operator};
use super::{Fields, Node, Pattern};

/// Limit on the ways through a pattern's alternatives.
const MAX_WAYS: usize = 256;

/// One way through a pattern's alternatives: all of these must match.
type Way<'p> = Vec<(&'p str, &'p Node)>;

impl Pattern {
    /// Whether this pattern provably matches every event that the other one matches.
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.fields, &other.fields)
    }

    /// Whether two of its conditions on one field exclude each other, whatever alternatives are chosen.
    pub fn contradicts_itself(&self) -> bool {
        is_contradictory(&self.fields)
    }
}

fn covers(fields: &Fields, others: &Fields) -> bool {
    ways(others).is_some_and(|ways| ways.iter().all(|way| covers_way(fields, way)))
}

fn covers_way(fields: &Fields, way: &Way<'_>) -> bool {
    let named = |(name, node): &(String, Node)| way.iter().any(|(other, it)| name == other && node_covers(node, it));
    fields.named.iter().all(named)
        && fields.alternatives.iter().all(|group| group.iter().any(|alternative| covers_way(alternative, way)))
}

fn node_covers(node: &Node, other: &Node) -> bool {
    match (node, other) {
        (Node::Object(fields), Node::Object(others)) => covers(fields, others),
        (Node::Leaf(operators), Node::Leaf(others)) => {
            others.iter().all(|other| operators.iter().any(|operator| operator_covers(operator, other)))
        }
        _ => false,
    }
}

/// All ways through the alternatives; `None` if there are too many.
fn ways(fields: &Fields) -> Option<Vec<Way<'_>>> {
    let own: Way<'_> = fields.named.iter().map(|(name, node)| (name.as_str(), node)).collect();
    let mut all = vec![own];
    for group in &fields.alternatives {
        let choices: Vec<Way<'_>> = group.iter().map(ways).collect::<Option<Vec<_>>>()?.concat();
        if all.len() * choices.len() > MAX_WAYS {
            return None;
        }
        all = all.iter().flat_map(|way| choices.iter().map(move |choice| [&way[..], &choice[..]].concat())).collect();
    }
    Some(all)
}

fn operator_covers(operator: &Operator, other: &Operator) -> bool {
    if operator == other {
        return true;
    }
    match (operator, other) {
        (_, Operator::Absent) | (Operator::Absent, _) => false,
        (Operator::Present, _) => true,
        (_, Operator::Equals(value)) => operator.matches(value),
        (Operator::AnythingBut(excluded), Operator::AnythingBut(others)) => {
            excluded.iter().all(|one| others.iter().any(|other| operator_covers(other, one)))
        }
        (Operator::Numeric(_), Operator::Numeric(others)) => contains_range(operator, others),
        (Operator::EqualsIgnoringCase(text), Operator::EqualsIgnoringCase(other)) => {
            text.to_lowercase() == other.to_lowercase()
        }
        _ => match (as_wildcard(operator), as_wildcard(other)) {
            // The other pattern's asterisks become a character that no literal part can match.
            (Some(parts), Some(others)) => Operator::Wildcard(parts).matches(&Value::from(others.join("\u{0}"))),
            _ => false,
        },
    }
}

/// Whether an operator accepts both ends of a range; an open end is the limit of the language.
fn contains_range(operator: &Operator, range: &[(Comparison, f64)]) -> bool {
    let (mut low, mut high) = (f64::MIN, f64::MAX);
    for (comparison, limit) in range {
        match comparison {
            Comparison::Equal => (low, high) = (*limit, *limit),
            Comparison::Less | Comparison::AtMost => high = *limit,
            Comparison::Greater | Comparison::AtLeast => low = *limit,
        }
    }
    [low, high].into_iter().all(|end| operator.matches(&Value::from(end)))
}

fn as_wildcard(operator: &Operator) -> Option<Vec<String>> {
    match operator {
        Operator::Prefix(text) => Some(vec![text.clone(), String::new()]),
        Operator::Suffix(text) => Some(vec![String::new(), text.clone()]),
        Operator::Wildcard(parts) => Some(parts.clone()),
        _ => None,
    }
}

fn is_contradictory(fields: &Fields) -> bool {
    ways(fields).is_some_and(|ways| ways.iter().all(way_is_contradictory))
}

fn way_is_contradictory(way: &Way<'_>) -> bool {
    way.iter().enumerate().any(|(at, (name, node))| {
        let inner = matches!(node, Node::Object(fields) if is_contradictory(fields));
        inner || way[at + 1..].iter().any(|(other, it)| name == other && exclude_each_other(node, it))
    })
}

/// Whether no value passes both; provable only if one of them lists its values.
fn exclude_each_other(node: &Node, other: &Node) -> bool {
    let (Node::Leaf(left), Node::Leaf(right)) = (node, other) else { return false };
    let listed = |operators: &[Operator]| operators.iter().all(|one| matches!(one, Operator::Equals(_)));
    let none_passes = |values: &[Operator], tests: &[Operator]| {
        values.iter().all(|value| match value {
            Operator::Equals(value) => !tests.iter().any(|test| test.matches(value)),
            _ => false,
        })
    };
    (listed(left) && none_passes(left, right)) || (listed(right) && none_passes(right, left))
}
