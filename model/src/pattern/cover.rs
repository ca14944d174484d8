//! Proofs about patterns: that one matches whatever another matches. Calling a rule unreachable requires a proof, so
//! anything uncertain counts as possible.

use serde_json::Value;

use super::Pattern;
use super::operator::{Comparison, Operator};
use super::way::Way;

impl Pattern {
    /// Whether this pattern provably matches every event that the other one matches.
    pub fn covers(&self, other: &Self) -> bool {
        other.ways.iter().all(|way| self.ways.iter().any(|own| covers(own, way)))
    }
}

fn covers(way: &Way, other: &Way) -> bool {
    way.iter().all(|(path, tests)| {
        other.get(path).is_some_and(|others| {
            others.iter().all(|one| match one {
                Operator::Absent => tests.contains(one) && chooses_as(way, other, path),
                one => tests.iter().any(|test| operator_covers(test, one)),
            })
        })
    })
}

/// Whether a way has chosen elements in all arrays in which the other has, when it looks whether a field is absent: the
/// more it has chosen, the fewer fields it sees.
fn chooses_as(way: &Way, other: &Way, path: &str) -> bool {
    let top = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    let before = other.keys().take_while(|earlier| &***earlier < path).filter(|earlier| top(earlier) == top(path));
    before.into_iter().all(|earlier| way.contains_key(earlier))
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
