//! What a request may say, member by member, before anything of it is done: the "Request Syntax" and the constraints of
//! the API reference. Members that are not implemented are refused rather than ignored, those of older days
//! (`AttributesToGet`, `KeyConditions`, `Expected`) among them.

mod operations;

use std::ops::RangeInclusive;

use serde_json::Value;

use super::{Failure, invalid};
use crate::ApiError;

/// The members of a structure, by name.
type Members = &'static [(&'static str, Member)];

/// What a member is.
enum Member {
    Text,
    /// A text of so many characters.
    Sized(RangeInclusive<usize>),
    Choice(&'static [&'static str]),
    Flag,
    /// A whole number within these bounds.
    Within(RangeInclusive<i64>),
    Structure(Members),
    /// A list with elements of one kind.
    Each(&'static Member),
    /// A map with values of one kind.
    Entries(&'static Member),
    /// A map that its reader checks.
    Map,
}

/// Checks the members of a request.
///
/// # Errors
///
/// A `SerializationException` for a value of another type, a `ValidationException` for one that is not allowed,
/// `NotImplemented` for a member that is not known.
pub(super) fn check(operation: &str, input: &Value) -> Result<(), Failure> {
    match operations::members(operation) {
        Some(members) => structure("", input, members),
        None => Ok(()),
    }
}

fn structure(path: &str, value: &Value, members: Members) -> Result<(), Failure> {
    let given = value.as_object().ok_or_else(|| mistyped(value, "Map"))?;
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let Some((_, member)) = members.iter().find(|(known, _)| known == name) else {
            return Err(ApiError::not_implemented("dynamodb", &format!("the parameter {name}")).into());
        };
        of(&within(path, &lowered(name)), value, member)?;
    }
    Ok(())
}

fn of(path: &str, value: &Value, member: &Member) -> Result<(), Failure> {
    match member {
        Member::Text => value.as_str().map(|_| ()).ok_or_else(|| mistyped(value, "String")),
        Member::Sized(lengths) => {
            let text = value.as_str().ok_or_else(|| mistyped(value, "String"))?;
            check_length(path, text, lengths)
        }
        Member::Choice(choices) => match value.as_str() {
            Some(choice) if choices.contains(&choice) => Ok(()),
            Some(choice) => Err(unmet(path, choice, &format!("satisfy enum value set: [{}]", choices.join(", ")))),
            None => Err(mistyped(value, "String")),
        },
        Member::Flag => value.as_bool().map(|_| ()).ok_or_else(|| mistyped(value, "Boolean")),
        Member::Within(bounds) => {
            let number = value.as_i64().ok_or_else(|| mistyped(value, "Integer"))?;
            check_bounds(path, number, bounds)
        }
        Member::Structure(members) => structure(path, value, members),
        Member::Each(member) => {
            let elements = value.as_array().ok_or_else(|| mistyped(value, "List"))?;
            let numbered = (1..).zip(elements);
            numbered
                .into_iter()
                .try_for_each(|(number, element)| of(&format!("{path}.{number}.member"), element, member))
        }
        Member::Entries(member) => {
            let entries = value.as_object().ok_or_else(|| mistyped(value, "Map"))?;
            entries.iter().try_for_each(|(key, value)| of(&format!("{path}.{key}.member"), value, member))
        }
        Member::Map => value.as_object().map(|_| ()).ok_or_else(|| mistyped(value, "Map")),
    }
}

fn check_length(path: &str, text: &str, lengths: &RangeInclusive<usize>) -> Result<(), Failure> {
    match text.chars().count() {
        length if length < *lengths.start() => {
            Err(unmet(path, text, &format!("have length greater than or equal to {}", lengths.start())))
        }
        length if length > *lengths.end() => {
            Err(unmet(path, text, &format!("have length less than or equal to {}", lengths.end())))
        }
        _ => Ok(()),
    }
}

fn check_bounds(path: &str, number: i64, bounds: &RangeInclusive<i64>) -> Result<(), Failure> {
    let shown = number.to_string();
    match number {
        _ if number < *bounds.start() => {
            Err(unmet(path, &shown, &format!("have value greater than or equal to {}", bounds.start())))
        }
        _ if number > *bounds.end() => {
            Err(unmet(path, &shown, &format!("have value less than or equal to {}", bounds.end())))
        }
        _ => Ok(()),
    }
}

/// A value that does not do what its member must.
pub(super) fn unmet(path: &str, value: &str, must: &str) -> Failure {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}"
    ))
}

/// A member that is not there and has to be.
pub(super) fn missing(path: &str) -> Failure {
    invalid(format!(
        "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    ))
}

/// The name of a member as errors have it: with a small letter.
pub(super) fn lowered(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A JSON value of another kind than its member has.
pub(super) fn mistyped(value: &Value, wanted: &str) -> Failure {
    let message = match value {
        Value::Number(_) => format!("NUMBER_VALUE cannot be converted to {wanted}"),
        Value::Bool(true) => format!("TRUE_VALUE cannot be converted to {wanted}"),
        Value::Bool(false) => format!("FALSE_VALUE cannot be converted to {wanted}"),
        Value::String(_) if wanted == "Integer" => "STRING_VALUE cannot be converted to Integer".to_owned(),
        Value::String(_) => "Unexpected token received from parser".to_owned(),
        Value::Array(_) => format!("Unrecognized collection type: {wanted} expected"),
        Value::Object(_) | Value::Null => "Start of structure or map found where not expected.".to_owned(),
    };
    Failure::new("SerializationException", message)
}
