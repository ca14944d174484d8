//! Key conditions: one partition, and perhaps a range of it.

use super::super::key::{KeyAttribute, KeySchema, Unfit};
use super::super::value::AttributeValue;
use super::super::{Failure, invalid};
use super::condition::Condition;
use super::operand::Operand;
use super::syntax::{Comparator, Path, Step};

/// Why a condition is no key condition, in AWS's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum KeyFault {
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    Operator(&'static str),
    #[error(
        "Invalid condition in KeyConditionExpression: {0} operator must have the key attribute as its first operand"
    )]
    FirstOperand(&'static str),
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedOperation,
    #[error("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")]
    SeveralNames,
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedAttribute,
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoName,
    #[error("KeyConditionExpressions must only contain one condition per key")]
    SeveralConditions,
    #[error("Conditions can be of length 1 or 2 only")]
    TooMany,
    #[error("Query condition missed key schema element: {0}")]
    Missed(String),
    #[error("Query key condition not supported")]
    Unsupported,
    #[error("One or more parameter values are not valid. {unfit} Key: {key}")]
    Empty { key: String, unfit: Unfit },
    #[error(transparent)]
    Unfit(Unfit),
}

impl KeyFault {
    fn of(key: &KeyAttribute, unfit: Unfit) -> Self {
        match unfit {
            Unfit::Empty(_) => Self::Empty { key: key.name.clone(), unfit },
            unfit => Self::Unfit(unfit),
        }
    }
}

/// A condition that has been found to name a partition and, at most, the sort key once.
#[derive(Debug)]
pub(in super::super) struct KeyCondition {
    pub(in super::super) partition: AttributeValue,
    pub(in super::super) condition: Condition,
    /// Whether it leaves one key at most, as of a partition without a sort key.
    pub(in super::super) is_one: bool,
}

/// One condition of a chain: the attribute it is about and the values that it has for it.
struct Part<'c> {
    name: &'c str,
    values: Vec<&'c AttributeValue>,
    is_equality: bool,
}

impl KeyCondition {
    pub(in super::super) fn of(condition: Condition, keys: &KeySchema) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        let (partition, is_one) = flatten(&condition, &mut parts)
            .and_then(|()| read(&parts))
            .and_then(|parts| partition_of(&parts, keys))
            .map_err(|fault| invalid(fault.to_string()))?;
        Ok(Self { partition, condition, is_one })
    }
}

/// The members of a chain of `AND`s, whose operators are those of key conditions.
fn flatten<'c>(condition: &'c Condition, parts: &mut Vec<&'c Condition>) -> Result<(), KeyFault> {
    let operator = match condition {
        Condition::And(chain) => return chain.iter().try_for_each(|part| flatten(part, parts)),
        Condition::Or(_) => "OR",
        Condition::Not(_) => "NOT",
        Condition::In(..) => "IN",
        Condition::Exists(_) => "attribute_exists",
        Condition::NotExists(_) => "attribute_not_exists",
        Condition::HasType(..) => "attribute_type",
        Condition::Contains(..) => "contains",
        Condition::Compare(_, Comparator::Unequal, _) => "<>",
        Condition::Compare(..) | Condition::Between(..) | Condition::BeginsWith(..) => {
            parts.push(condition);
            return Ok(());
        }
    };
    Err(KeyFault::Operator(operator))
}

fn read<'c>(conditions: &[&'c Condition]) -> Result<Vec<Part<'c>>, KeyFault> {
    let mut parts: Vec<Part<'c>> = Vec::new();
    for condition in conditions {
        let part = part(condition)?;
        if parts.iter().any(|other| other.name == part.name) {
            return Err(KeyFault::SeveralConditions);
        }
        parts.push(part);
    }
    if parts.len() > 2 { Err(KeyFault::TooMany) } else { Ok(parts) }
}

fn part(condition: &Condition) -> Result<Part<'_>, KeyFault> {
    let (operands, subject_first) = match condition {
        Condition::Compare(left, _, right) => (vec![left, right], None),
        Condition::Between(operand, low, high) => (vec![operand, low, high], Some("BETWEEN")),
        Condition::BeginsWith(operand, prefix) => (vec![operand, prefix], Some("begins_with")),
        _ => return Err(KeyFault::Unsupported),
    };
    if let (Some(operator), Some(Operand::Value(_))) = (subject_first, operands.first()) {
        return Err(KeyFault::FirstOperand(operator));
    }
    let mut name = None;
    let mut values = Vec::new();
    for operand in operands {
        match operand {
            Operand::Size(_) => return Err(KeyFault::NestedOperation),
            Operand::Path(_) if name.is_some() => return Err(KeyFault::SeveralNames),
            Operand::Path(Path(steps)) => match steps.as_slice() {
                [Step::Name(only)] => name = Some(only.as_str()),
                _ => return Err(KeyFault::NestedAttribute),
            },
            Operand::Value(value) => values.push(value),
        }
    }
    let is_equality = matches!(condition, Condition::Compare(_, Comparator::Equal, _));
    Ok(Part { name: name.ok_or(KeyFault::NoName)?, values, is_equality })
}

/// The partition, and whether the conditions leave one item of it at most, once they are found to fit the keys.
fn partition_of(parts: &[Part<'_>], keys: &KeySchema) -> Result<(AttributeValue, bool), KeyFault> {
    if keys.sort.is_none() && parts.len() > 1 {
        return Err(KeyFault::Unsupported);
    }
    let of = |key: &KeyAttribute| {
        let part = parts.iter().find(|part| part.name == key.name);
        let part = part.ok_or_else(|| KeyFault::Missed(key.name.clone()))?;
        let unfit = part.values.iter().find_map(|value| keys.check(key, value).err());
        unfit.map_or(Ok(part), |unfit| Err(KeyFault::of(key, unfit)))
    };
    let partition = of(&keys.partition)?;
    let sort = keys.sort.as_ref().filter(|_| parts.len() > 1).map(of).transpose()?;
    let is_one = keys.sort.is_none() || sort.is_some_and(|sort| sort.is_equality);
    match partition.values.first() {
        Some(value) if partition.is_equality => Ok(((*value).clone(), is_one)),
        _ => Err(KeyFault::Unsupported),
    }
}
