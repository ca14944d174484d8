//! Tests of a single value.

use std::net::IpAddr;

use serde_json::{Number, Value};

/// One element of a leaf's list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operator {
    /// The value itself: string, number, boolean or null.
    Equals(Value),
    EqualsIgnoringCase(String),
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    /// The literal parts between the asterisks.
    Wildcard(Vec<String>),
    /// All comparisons must hold.
    Numeric(Vec<(Comparison, f64)>),
    Cidr(Network),
    /// None of these may match.
    AnythingBut(Vec<Operator>),
    /// There is a value.
    Present,
    /// There is none; evaluated on the whole event, so no value passes it.
    Absent,
}

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A block of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) address: IpAddr,
    /// Length of the prefix, in bits.
    pub(crate) bits: u32,
}

impl Operator {
    /// Whether a value that is neither an object nor an array passes.
    pub(crate) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Equals(expected) => equal(expected, value),
            Self::Present => true,
            Self::Absent => false,
            Self::AnythingBut(operators) => !operators.iter().any(|operator| operator.matches(value)),
            Self::Numeric(comparisons) => value
                .as_f64()
                .is_some_and(|number| comparisons.iter().all(|(comparison, limit)| comparison.holds(number, *limit))),
            _ => value.as_str().is_some_and(|text| self.matches_text(text)),
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::EqualsIgnoringCase(expected) => lower(text) == lower(expected),
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::PrefixIgnoringCase(prefix) => lower(text).starts_with(&lower(prefix)),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::SuffixIgnoringCase(suffix) => lower(text).ends_with(&lower(suffix)),
            Self::Wildcard(parts) => matches_wildcard(parts, text),
            Self::Cidr(network) => text.parse().is_ok_and(|address| network.contains(address)),
            _ => false,
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Self::Equal => number == limit,
            Self::Less => number < limit,
            Self::AtMost => number <= limit,
            Self::Greater => number > limit,
            Self::AtLeast => number >= limit,
        }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Numbers are equal by value: 300, 300.0 and 3.0e2.
fn equal(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::Number(expected), Value::Number(number)) => equal_numbers(expected, number),
        _ => expected == value,
    }
}

fn equal_numbers(left: &Number, right: &Number) -> bool {
    match (left.as_i64(), right.as_i64()) {
        // Integers such as account ids may have more digits than a float.
        (Some(left), Some(right)) => left == right,
        _ => left.as_f64() == right.as_f64(),
    }
}

/// The text must start with the first part and end with the last; the others may be anywhere in between, so the
/// leftmost position is always sufficient.
fn matches_wildcard(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    for part in middle {
        match rest.split_once(part.as_str()) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}
