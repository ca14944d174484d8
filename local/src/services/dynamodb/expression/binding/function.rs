//! The functions that are conditions.

use super::super::super::value::AttributeValue;
use super::super::condition::Condition;
use super::super::fault::Fault;
use super::super::operand::Operand;
use super::super::placeholders::Placeholders;
use super::super::syntax::{Call, Path};
use super::{arguments, check_distinct, check_kinds, operand_of};

const KINDS: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];
/// What stands in errors for the type of an attribute where the name of a type is wanted.
const ANY_KIND: &str = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";
/// The types that `contains` looks into.
const WHOLES: [&str; 6] = ["S", "B", "SS", "NS", "BS", "L"];

pub(super) fn condition(placeholders: &Placeholders, call: &Call) -> Result<Condition, Fault> {
    match call.function.as_str() {
        "attribute_exists" => path(placeholders, call, "attribute_exists").map(Condition::Exists),
        "attribute_not_exists" => path(placeholders, call, "attribute_not_exists").map(Condition::NotExists),
        "attribute_type" => {
            let (operand, kind) = pair(placeholders, call, "attribute_type")?;
            Ok(Condition::HasType(operand, named_kind(kind)?))
        }
        "begins_with" => {
            let (operand, prefix) = pair(placeholders, call, "begins_with")?;
            check_kinds("begins_with", [&operand, &prefix], &["S", "B"])?;
            Ok(Condition::BeginsWith(operand, prefix))
        }
        "contains" => {
            let (whole, part) = pair(placeholders, call, "contains")?;
            check_kinds("contains", [&whole], &WHOLES)?;
            Ok(Condition::Contains(whole, part))
        }
        other => Err(Fault::Misused(other.to_owned())),
    }
}

fn path(placeholders: &Placeholders, call: &Call, function: &'static str) -> Result<Path, Fault> {
    let [argument] = arguments(call)?;
    match operand_of(placeholders, argument)? {
        Operand::Path(path) => Ok(path),
        _ => Err(Fault::NoPath(function)),
    }
}

fn pair(placeholders: &Placeholders, call: &Call, function: &'static str) -> Result<(Operand, Operand), Fault> {
    let [first, second] = arguments(call)?;
    let (first, second) = (operand_of(placeholders, first)?, operand_of(placeholders, second)?);
    check_distinct(function, &first, [&second])?;
    Ok((first, second))
}

/// The type that a value names.
fn named_kind(operand: Operand) -> Result<String, Fault> {
    match operand {
        Operand::Value(AttributeValue::S(kind)) if KINDS.contains(&kind.as_str()) => Ok(kind),
        Operand::Value(AttributeValue::S(kind)) => Err(Fault::UnknownType(kind)),
        other => Err(Fault::OperandType { operator: "attribute_type", kind: other.kind().unwrap_or(ANY_KIND) }),
    }
}
