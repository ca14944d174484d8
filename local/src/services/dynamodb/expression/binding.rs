//! From what is written to what it means: placeholders get their values, and what AWS checks of operands before it looks
//! at any item is checked.

mod function;
mod update;

use super::super::value::AttributeValue;
use super::comparison::order;
use super::condition::Condition;
use super::fault::Fault;
use super::limits;
use super::operand::Operand;
use super::placeholders::Placeholders;
use super::syntax::{self, Call};
pub(super) use update::update;

/// The types that have an order.
const ORDERED: [&str; 3] = ["S", "N", "B"];
/// The types that `size` knows.
const SIZED: [&str; 7] = ["S", "B", "SS", "NS", "BS", "L", "M"];

/// Binds a condition. Its words have been checked.
pub(super) fn condition(placeholders: &Placeholders, tree: &syntax::Condition) -> Result<Condition, Fault> {
    let bind = |operand| operand_of(placeholders, operand);
    let all =
        |parts: &[syntax::Condition]| parts.iter().map(|part| condition(placeholders, part)).collect::<Result<_, _>>();
    match tree {
        syntax::Condition::Compare(left, comparator, right) => {
            let (left, right) = (bind(left)?, bind(right)?);
            check_distinct(comparator.sign(), &left, [&right])?;
            if !matches!(comparator, syntax::Comparator::Equal | syntax::Comparator::Unequal) {
                check_kinds(comparator.sign(), [&left, &right], &ORDERED)?;
            }
            Ok(Condition::Compare(left, *comparator, right))
        }
        syntax::Condition::Between(operand, low, high) => {
            let (operand, low, high) = (bind(operand)?, bind(low)?, bind(high)?);
            check_distinct("BETWEEN", &operand, [&low, &high])?;
            check_kinds("BETWEEN", [&operand, &low, &high], &ORDERED)?;
            check_bounds(&low, &high)?;
            Ok(Condition::Between(operand, low, high))
        }
        syntax::Condition::In(operand, candidates) => {
            if candidates.len() > limits::CANDIDATES {
                return Err(Fault::TooManyCandidates(candidates.len()));
            }
            let operand = bind(operand)?;
            let candidates: Vec<Operand> = candidates.iter().map(bind).collect::<Result<_, _>>()?;
            check_distinct("IN", &operand, &candidates)?;
            Ok(Condition::In(operand, candidates))
        }
        syntax::Condition::Call(call) => function::condition(placeholders, call),
        syntax::Condition::Not(inner) => Ok(Condition::Not(Box::new(condition(placeholders, inner)?))),
        syntax::Condition::And(parts) => all(parts).map(Condition::And),
        syntax::Condition::Or(parts) => all(parts).map(Condition::Or),
    }
}

fn operand_of(placeholders: &Placeholders, operand: &syntax::Operand) -> Result<Operand, Fault> {
    match operand {
        syntax::Operand::Path(path) => placeholders.path(path).map(Operand::Path),
        syntax::Operand::Value(value) => placeholders.value(value).map(Operand::Value),
        syntax::Operand::Call(call) => {
            let [argument] = arguments(call)?;
            let argument = operand_of(placeholders, argument)?;
            check_kinds("size", [&argument], &SIZED)?;
            Ok(Operand::Size(Box::new(argument)))
        }
    }
}

/// As many arguments as a function has to have.
fn arguments<const COUNT: usize>(call: &Call) -> Result<[&syntax::Operand; COUNT], Fault> {
    let arguments: Vec<&syntax::Operand> = call.arguments.iter().collect();
    arguments
        .try_into()
        .map_err(|arguments: Vec<_>| Fault::OperandCount { function: call.function.clone(), count: arguments.len() })
}

/// Refuses operands whose type is known by now and none of `allowed`.
fn check_kinds<'o>(
    operator: &'static str,
    operands: impl IntoIterator<Item = &'o Operand>,
    allowed: &[&str],
) -> Result<(), Fault> {
    match operands.into_iter().filter_map(Operand::kind).find(|kind| !allowed.contains(kind)) {
        Some(kind) => Err(Fault::OperandType { operator, kind }),
        None => Ok(()),
    }
}

/// Refuses to compare an attribute with itself.
fn check_distinct<'o>(
    operator: &'static str,
    first: &Operand,
    others: impl IntoIterator<Item = &'o Operand>,
) -> Result<(), Fault> {
    match first {
        Operand::Path(path) if others.into_iter().any(|other| other == first) => {
            Err(Fault::Indistinct { operator, path: path.listed() })
        }
        _ => Ok(()),
    }
}

fn check_bounds(low: &Operand, high: &Operand) -> Result<(), Fault> {
    let (Operand::Value(low), Operand::Value(high)) = (low, high) else { return Ok(()) };
    match order(low, high) {
        None => Err(Fault::MixedBounds { low: shown(low), high: shown(high) }),
        Some(order) if order.is_gt() => Err(Fault::ReversedBounds { low: shown(low), high: shown(high) }),
        Some(_) => Ok(()),
    }
}

/// A value as errors show it: `AttributeValue: {S:text}`.
fn shown(value: &AttributeValue) -> String {
    let text = value.write()[value.kind()].as_str().unwrap_or_default().to_owned();
    format!("AttributeValue: {{{}:{text}}}", value.kind())
}
