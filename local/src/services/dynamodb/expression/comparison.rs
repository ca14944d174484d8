//! How two values compare.

use std::cmp::Ordering;

use super::super::value::AttributeValue;
use super::syntax::Comparator;

/// Whether a comparison holds. What an item lacks is unequal to everything, and neither less nor greater.
pub(super) fn holds(left: Option<&AttributeValue>, comparator: Comparator, right: Option<&AttributeValue>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return comparator == Comparator::Unequal };
    let ordered = |fits: fn(Ordering) -> bool| order(left, right).is_some_and(fits);
    match comparator {
        Comparator::Equal => left == right,
        Comparator::Unequal => left != right,
        Comparator::Less => ordered(Ordering::is_lt),
        Comparator::LessOrEqual => ordered(Ordering::is_le),
        Comparator::Greater => ordered(Ordering::is_gt),
        Comparator::GreaterOrEqual => ordered(Ordering::is_ge),
    }
}

/// The order of two texts, by their UTF-8; of two numbers; of two binary values, by their bytes as unsigned numbers.
pub(super) fn order(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    match (left, right) {
        (AttributeValue::S(left), AttributeValue::S(right)) => Some(left.cmp(right)),
        (AttributeValue::N(left), AttributeValue::N(right)) => Some(left.cmp(right)),
        (AttributeValue::B(left), AttributeValue::B(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

pub(super) fn begins_with(value: &AttributeValue, prefix: &AttributeValue) -> bool {
    match (value, prefix) {
        (AttributeValue::S(text), AttributeValue::S(prefix)) => text.starts_with(prefix.as_str()),
        (AttributeValue::B(bytes), AttributeValue::B(prefix)) => bytes.starts_with(prefix),
        _ => false,
    }
}

/// Whether a text or binary value has a part, or a set or list a member.
pub(super) fn contains(whole: &AttributeValue, part: &AttributeValue) -> bool {
    match (whole, part) {
        (AttributeValue::S(text), AttributeValue::S(part)) => text.contains(part.as_str()),
        (AttributeValue::B(bytes), AttributeValue::B(part)) => memchr::memmem::find(bytes, part).is_some(),
        (AttributeValue::SS(set), AttributeValue::S(member)) => set.contains(member),
        (AttributeValue::NS(set), AttributeValue::N(member)) => set.contains(member),
        (AttributeValue::BS(set), AttributeValue::B(member)) => set.contains(member),
        (AttributeValue::L(list), member) => list.contains(member),
        _ => false,
    }
}
