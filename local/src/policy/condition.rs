//! The `Condition` block of a statement.

use std::net::IpAddr;

use serde_json::Value;

use super::evaluation::Context;
use super::{PolicyError, pattern};

/// One operator applied to one key: `{"ArnLike": {"aws:SourceArn": […]}}`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    quantifier: Quantifier,
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Quantifier {
    /// The key has one value.
    One,
    /// True if any value of the key satisfies the condition.
    AnyValue,
    /// True if every value of the key satisfies it, or the key has no values.
    AllValues,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
    Arn,
    Bool,
    Null,
    Number(Order),
    Date(Order),
    Address,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Parses a `Condition` block.
    pub(super) fn parse_block(block: &Value) -> Result<Vec<Self>, PolicyError> {
        let operators = block.as_object().ok_or_else(PolicyError::syntax)?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in keys.as_object().ok_or_else(PolicyError::syntax)? {
                conditions.push(Self::parse(operator, key, values)?);
            }
        }
        Ok(conditions)
    }

    fn parse(operator: &str, key: &str, values: &Value) -> Result<Self, PolicyError> {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAnyValue", name)) => (Quantifier::AnyValue, name),
            Some(("ForAllValues", name)) => (Quantifier::AllValues, name),
            _ => (Quantifier::One, operator),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (comparison, negated) =
            comparison(name).ok_or_else(|| PolicyError { message: format!("Invalid Condition type : {operator}.") })?;
        Ok(Self { comparison, negated, if_exists, quantifier, key: key.to_owned(), values: texts(values)? })
    }

    /// Whether the condition is met.
    pub(super) fn holds(&self, context: &Context<'_>) -> bool {
        let actual = context.values(&self.key);
        if self.comparison == Comparison::Null {
            return self.values.iter().any(|value| (value == "true") == actual.is_empty());
        }
        if actual.is_empty() {
            return self.if_exists
                || match self.quantifier {
                    Quantifier::One => self.negated,
                    Quantifier::AnyValue => false,
                    Quantifier::AllValues => true,
                };
        }
        let satisfied = |actual: &String| self.equals_some(actual, context) != self.negated;
        match (self.quantifier, self.negated) {
            (Quantifier::AllValues, _) | (Quantifier::One, true) => actual.iter().all(satisfied),
            (Quantifier::AnyValue, _) | (Quantifier::One, false) => actual.iter().any(satisfied),
        }
    }

    fn equals_some(&self, actual: &str, context: &Context<'_>) -> bool {
        self.values.iter().any(|value| self.comparison.compare(value, actual, context))
    }
}

impl Comparison {
    fn compare(self, value: &str, actual: &str, context: &Context<'_>) -> bool {
        match self {
            Self::Equal => pattern::filled(value, context).is_some_and(|value| value == actual),
            Self::EqualIgnoringCase => {
                pattern::filled(value, context).is_some_and(|value| value.to_lowercase() == actual.to_lowercase())
            }
            Self::Like => pattern::matches_with_variables(value, actual, context),
            Self::Arn => pattern::matches_arn(value, actual, context),
            Self::Bool => value.eq_ignore_ascii_case(actual),
            Self::Null => false,
            Self::Number(order) => order.holds(actual.parse::<f64>().ok(), value.parse().ok()),
            Self::Date(order) => order.holds(instant(actual), instant(value)),
            Self::Address => in_network(value, actual),
        }
    }
}

impl Order {
    fn holds<T: PartialOrd>(self, actual: Option<T>, value: Option<T>) -> bool {
        let (Some(actual), Some(value)) = (actual, value) else { return false };
        match self {
            Self::Equal => actual == value,
            Self::Less => actual < value,
            Self::LessOrEqual => actual <= value,
            Self::Greater => actual > value,
            Self::GreaterOrEqual => actual >= value,
        }
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    use Comparison::{Address, Arn, Bool, Date, Equal, EqualIgnoringCase, Like, Null, Number};
    Some(match name {
        "StringEquals" | "BinaryEquals" => (Equal, false),
        "StringNotEquals" => (Equal, true),
        "StringEqualsIgnoreCase" => (EqualIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (EqualIgnoringCase, true),
        "StringLike" => (Like, false),
        "StringNotLike" => (Like, true),
        // `ArnEquals` and `ArnLike` behave identically on AWS.
        "ArnEquals" | "ArnLike" => (Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Arn, true),
        "Bool" => (Bool, false),
        "Null" => (Null, false),
        "IpAddress" => (Address, false),
        "NotIpAddress" => (Address, true),
        _ => {
            let (kind, order) = match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
                (Some(order), _) => (Number as fn(Order) -> Comparison, order),
                (None, Some(order)) => (Date as fn(Order) -> Comparison, order),
                (None, None) => return None,
            };
            let (order, negated) = match order {
                "Equals" => (Order::Equal, false),
                "NotEquals" => (Order::Equal, true),
                "LessThan" => (Order::Less, false),
                "LessThanEquals" => (Order::LessOrEqual, false),
                "GreaterThan" => (Order::Greater, false),
                "GreaterThanEquals" => (Order::GreaterOrEqual, false),
                _ => return None,
            };
            (kind(order), negated)
        }
    })
}

fn texts(values: &Value) -> Result<Vec<String>, PolicyError> {
    match values {
        Value::Array(values) => values.iter().map(text).collect(),
        single => Ok(vec![text(single)?]),
    }
}

fn text(value: &Value) -> Result<String, PolicyError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(PolicyError::syntax()),
    }
}

/// Seconds since 1970, from a number or ISO 8601.
fn instant(text: &str) -> Option<f64> {
    text.parse::<f64>()
        .ok()
        .or_else(|| text.parse::<jiff::Timestamp>().ok().map(|instant| instant.as_millisecond() as f64 / 1000.0))
}

fn in_network(network: &str, address: &str) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let (Ok(base), Ok(address), Some(length)) = (base.parse::<IpAddr>(), address.parse::<IpAddr>(), length) else {
        return false;
    };
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (u128::from(base.to_bits()), u128::from(address.to_bits()), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let ignored = width - length.min(width);
    base.checked_shr(ignored).unwrap_or(0) == address.checked_shr(ignored).unwrap_or(0)
}
