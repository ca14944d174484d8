//! The functions, and where each may stand.

use super::Kind;
use super::fault::Fault;

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is a condition by itself.
    Condition,
    /// It is compared, or assigned.
    Operand,
    /// It is an argument of another call.
    Argument,
}

const CONDITIONS: [&str; 5] = ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"];
const ASSIGNED: [&str; 2] = ["if_not_exists", "list_append"];

/// Refuses a name that is no function's. They are case-sensitive.
pub(super) fn check_name(function: &str) -> Result<(), Fault> {
    match function == "size" || CONDITIONS.contains(&function) || ASSIGNED.contains(&function) {
        true => Ok(()),
        false => Err(Fault::UnknownFunction(function.to_owned())),
    }
}

/// Refuses a function in an expression or at a place that is not its own.
pub(super) fn check_place(function: &str, place: Place, kind: Kind) -> Result<(), Fault> {
    let is_for_updates = ASSIGNED.contains(&function);
    let fits = match function {
        _ if kind == Kind::Update && !is_for_updates => return Err(Fault::NotInUpdate(function.to_owned())),
        _ if kind != Kind::Update && is_for_updates => return Err(Fault::NotInCondition(function.to_owned())),
        "if_not_exists" | "size" => place != Place::Condition,
        "list_append" => place == Place::Operand,
        _ => place == Place::Condition,
    };
    if fits { Ok(()) } else { Err(Fault::Misused(function.to_owned())) }
}
