//! Message attributes: their names, types and values, checked in SNS's words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::MessageAttribute;
use super::filter::is_number;
use crate::{ApiError, Input};

/// Longest name in bytes.
const MAX_NAME: usize = 256;

/// The attributes of a message; `path` is where they are in the call.
///
/// # Errors
/// `ParameterValueInvalid`, or `ValidationError` for a missing type.
pub(super) fn read(entry: &Input, path: &str) -> Result<BTreeMap<String, MessageAttribute>, ApiError> {
    let members = entry.get("MessageAttributes").and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, value)| Ok((name.clone(), read_one(name, value, path)?))).collect()
}

fn read_one(name: &str, value: &Value, path: &str) -> Result<MessageAttribute, ApiError> {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    let data_type = text("DataType").ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value null at '{path}.{name}.member.dataType' failed to satisfy constraint: \
             Member must not be null"
        );
        ApiError::new("ValidationError", message)
    })?;
    check_name(name)?;
    let kind = checked_kind(name, data_type)?;
    let (right, wrong, field) = match kind {
        "Binary" => (text("BinaryValue"), text("StringValue"), "Binary"),
        _ => (text("StringValue"), text("BinaryValue"), "String"),
    };
    match (right, wrong) {
        (None, Some(_)) => {
            Err(refused(format!("The message attribute '{name}' with type '{data_type}' must use field '{field}'.")))
        }
        (value, _) => {
            let value = value.unwrap_or_default().to_owned();
            Ok(MessageAttribute { data_type: data_type.to_owned(), value })
        }
    }
}

/// Refuses an attribute that SNS does not take.
///
/// # Errors
/// `ParameterValueInvalid`.
pub(super) fn check(name: &str, attribute: &MessageAttribute) -> Result<(), ApiError> {
    let MessageAttribute { data_type, value } = attribute;
    check_name(name)?;
    match checked_kind(name, data_type)? {
        _ if value.is_empty() => Err(refused(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type \
             '{data_type}'."
        ))),
        "Number" if !is_number(value) => {
            Err(refused(format!("Could not cast message attribute '{name}' value to number.")))
        }
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let illegal = |character: &char| !character.is_ascii_alphanumeric() && !"-_.".contains(*character);
    if name.is_empty() {
        return Err(refused("The message attribute name must not be empty.".to_owned()));
    }
    if name.len() > MAX_NAME {
        return Err(refused(format!("Length of message attribute name must be less than {MAX_NAME} bytes.")));
    }
    if let Some(illegal) = name.chars().find(illegal) {
        return Err(refused(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include \
             alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(illegal)
        )));
    }
    for (has_dot, place) in [(name.starts_with('.'), "starting"), (name.ends_with('.'), "ending")] {
        if has_dot {
            return Err(refused(format!("Invalid message attribute name {place} with character '.' was found.")));
        }
    }
    if name.contains("..") {
        return Err(refused("Message attribute name can not have successive '.' character.".to_owned()));
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return Err(refused("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'.".to_owned()));
    }
    Ok(())
}

/// `String`, `Number` or `Binary`: a type, perhaps with a label of one's own after a dot.
fn checked_kind<'t>(name: &str, data_type: &'t str) -> Result<&'t str, ApiError> {
    if data_type.is_empty() {
        return Err(refused(format!("The message attribute '{name}' must contain non-empty message attribute type.")));
    }
    let (kind, label) = match data_type.split_once('.') {
        Some((kind, label)) => (kind, Some(label)),
        None => (data_type, None),
    };
    if !["String", "Number", "Binary"].contains(&kind) || label == Some("") || data_type.len() > MAX_NAME {
        return Err(refused(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is \
             Binary, Number, and String."
        )));
    }
    Ok(kind)
}

fn refused(message: String) -> ApiError {
    ApiError::new("ParameterValueInvalid", message)
}
