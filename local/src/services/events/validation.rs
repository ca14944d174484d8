//! Validation common to several operations, in EventBridge's words.

use indexmap::IndexMap;

use crate::services::tags;
use crate::{ApiError, Call, Input};

const NAME_PATTERN: &str = "[\\.\\-_A-Za-z0-9]+";

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// A violation of the service model's constraints.
pub(super) fn violated(value: &str, field: &str, constraint: &str) -> ApiError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {constraint}"
    ))
}

/// The name of a rule, bus or target.
///
/// # Errors
/// When it is empty, too long, or contains characters other than letters, digits, `.`, `-` and `_`.
pub(super) fn check_name(name: &str, field: &str, longest: usize) -> Result<(), ApiError> {
    let legal = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    if name.is_empty() {
        return Err(violated(name, field, "Member must have length greater than or equal to 1"));
    }
    if name.len() > longest {
        return Err(violated(name, field, &format!("Member must have length less than or equal to {longest}")));
    }
    if !name.chars().all(legal) {
        return Err(violated(name, field, &format!("Member must satisfy regular expression pattern: {NAME_PATTERN}")));
    }
    Ok(())
}

const MAX_TAGS: usize = 50;

/// The tags of a call.
///
/// # Errors
/// `ValidationException` for tags that AWS does not take.
pub(super) fn tags_of(input: &Input) -> Result<IndexMap<String, String>, ApiError> {
    let tags = tags::pairs(input, "Tags");
    match tags::problem(&tags, MAX_TAGS) {
        None => Ok(tags.into_iter().collect()),
        Some(problem) => Err(invalid(format!("Parameter Tags is not valid. Reason: {problem}."))),
    }
}

/// Adds tags to those of a rule or bus.
///
/// # Errors
/// `ValidationException` for more than a resource can have.
pub(super) fn add_tags(tags: &mut IndexMap<String, String>, added: IndexMap<String, String>) -> Result<(), ApiError> {
    let mut all = tags.clone();
    all.extend(added);
    if all.len() > MAX_TAGS {
        return Err(invalid(format!("Parameter Tags is not valid. Reason: {}.", tags::Problem::TooMany)));
    }
    *tags = all;
    Ok(())
}

/// The requested page of a list, and the next token: the number of elements before it.
///
/// # Errors
/// When the token is invalid.
pub(super) fn page<T>(elements: Vec<T>, call: &Call) -> Result<(Vec<T>, Option<String>), ApiError> {
    let start: usize = match call.input.text("NextToken") {
        Some(token) => token.parse().map_err(|_| invalid("Token is invalid."))?,
        None => 0,
    };
    let limit = call.input.integer("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let next = (elements.len() > start + limit).then(|| (start + limit).to_string());
    Ok((elements.into_iter().skip(start).take(limit).collect(), next))
}
