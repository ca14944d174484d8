//! Conditions, bound: what they say of an item.

use super::super::value::Item;
use super::comparison::{self, begins_with, contains};
use super::document::find;
use super::operand::Operand;
use super::syntax::{Comparator, Path};

/// A condition or filter with everything that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Condition {
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    HasType(Operand, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

impl Condition {
    /// Whether an item satisfies it. An item that does not exist is one without attributes.
    pub(in super::super) fn holds(&self, item: &Item) -> bool {
        let compare = |left: &Operand, comparator, right: &Operand| {
            comparison::holds(left.of(item).as_deref(), comparator, right.of(item).as_deref())
        };
        let both = |one: &Operand, two: &Operand, test: fn(&_, &_) -> bool| match (one.of(item), two.of(item)) {
            (Some(one), Some(two)) => test(one.as_ref(), two.as_ref()),
            _ => false,
        };
        match self {
            Self::Compare(left, comparator, right) => compare(left, *comparator, right),
            Self::Between(operand, low, high) => {
                compare(operand, Comparator::GreaterOrEqual, low) && compare(operand, Comparator::LessOrEqual, high)
            }
            Self::In(operand, candidates) => {
                candidates.iter().any(|candidate| compare(operand, Comparator::Equal, candidate))
            }
            Self::Exists(path) => find(item, path).is_some(),
            Self::NotExists(path) => find(item, path).is_none(),
            Self::HasType(operand, kind) => operand.of(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(operand, prefix) => both(operand, prefix, begins_with),
            Self::Contains(whole, part) => both(whole, part, contains),
            Self::Not(inner) => !inner.holds(item),
            Self::And(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(item)),
        }
    }

    /// Where it looks.
    pub(in super::super) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Compare(one, _, two) | Self::BeginsWith(one, two) | Self::Contains(one, two) => {
                one.path().into_iter().chain(two.path()).collect()
            }
            Self::Between(operand, low, high) => [operand, low, high].into_iter().filter_map(Operand::path).collect(),
            Self::In(operand, candidates) => {
                std::iter::once(operand).chain(candidates).filter_map(Operand::path).collect()
            }
            Self::Exists(path) | Self::NotExists(path) => vec![path],
            Self::HasType(operand, _) => operand.path().into_iter().collect(),
            Self::Not(inner) => inner.paths(),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::paths).collect(),
        }
    }
}
