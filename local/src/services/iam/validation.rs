//! Validation common to several operations.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::store::Document;
use crate::policy::{Policy, PolicyError};
use crate::services::tags::{self, Problem};
use crate::{ApiError, Input};

/// AWS's limit of tags per resource.
const MAX_TAGS: usize = 50;
/// Length limit of an inline policy in characters, without white space.
const MAX_INLINE: usize = 10_240;
/// Length limit of a managed policy in characters, without white space.
const MAX_MANAGED: usize = 6_144;
/// Length limit of a trust policy in characters, without white space.
const MAX_TRUST: usize = 2_048;

/// A required text parameter, with the query protocol's error.
pub(super) fn required<'a>(input: &'a Input, name: &str) -> Result<&'a str, ApiError> {
    input.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        let mut member = name.to_owned();
        if let Some(first) = member.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ),
        )
    })
}

/// Rejects unsupported parameters instead of ignoring them.
pub(super) fn reject_unknown(input: &Input, known: &[&str]) -> Result<(), ApiError> {
    match input.0.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(ApiError::new(
            "ValidationError",
            format!("the local AWS does not implement the parameter {name} of this operation"),
        )),
        None => Ok(()),
    }
}

/// Validates an inline policy.
pub(super) fn inline_document(text: &str) -> Result<Document, ApiError> {
    document(text, MAX_INLINE, Policy::parse_identity)
}

/// Validates a managed policy.
pub(super) fn managed_document(text: &str) -> Result<Document, ApiError> {
    document(text, MAX_MANAGED, Policy::parse_identity)
}

/// Validates a trust policy.
pub(super) fn trust_document(text: &str) -> Result<Document, ApiError> {
    document(text, MAX_TRUST, Policy::parse_trust)
}

fn document(
    text: &str,
    longest: usize,
    parse: impl Fn(&str) -> Result<Policy, PolicyError>,
) -> Result<Document, ApiError> {
    if text.chars().filter(|character| !character.is_whitespace()).count() > longest {
        return Err(
            ApiError::new("LimitExceeded", format!("Maximum policy size of {longest} bytes exceeded")).with_status(409)
        );
    }
    let policy = parse(text).map_err(|error| ApiError::new("MalformedPolicyDocument", error.message))?;
    Ok(Document { text: text.to_owned(), policy })
}

/// The call's tags of a managed policy, whose keys may differ by case.
pub(super) fn policy_tags(input: &Input) -> Result<IndexMap<String, String>, ApiError> {
    let given = tags::pairs(input, "Tags");
    match tags::problem(&given, MAX_TAGS) {
        None => Ok(given.into_iter().collect()),
        Some(Problem::Duplicate(_)) => Err(duplicate_tags()),
        Some(Problem::TooMany) => Err(too_many_tags()),
        Some(problem) => Err(ApiError::new("ValidationError", format!("Invalid tags: {problem}"))),
    }
}

/// The call's tags of a role: keys that differ by case only are the same key (IAM user guide, "Tags for IAM resources").
pub(super) fn role_tags(input: &Input) -> Result<IndexMap<String, String>, ApiError> {
    let tags = policy_tags(input)?;
    let keys: HashSet<String> = tags.keys().map(|key| key.to_lowercase()).collect();
    if keys.len() < tags.len() { Err(duplicate_tags()) } else { Ok(tags) }
}

fn duplicate_tags() -> ApiError {
    ApiError::new("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

fn too_many_tags() -> ApiError {
    ApiError::new("LimitExceeded", "The number of tags has reached the maximum limit.").with_status(409)
}

/// Enforces AWS's tag limit.
pub(super) fn check_tag_count(tags: &IndexMap<String, String>) -> Result<(), ApiError> {
    match tags.len() > MAX_TAGS {
        true => Err(too_many_tags()),
        false => Ok(()),
    }
}

/// Maximum session duration of a role: 1 to 12 hours, in seconds.
pub(super) fn max_session_seconds(input: &Input) -> Result<Option<i64>, ApiError> {
    match input.integer("MaxSessionDuration") {
        Some(seconds) if !(3600..=43_200).contains(&seconds) => {
            let (bound, limit) = if seconds < 3600 { ("greater", 3600) } else { ("less", 43_200) };
            Err(ApiError::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value {bound} than or equal to {limit}"
                ),
            ))
        }
        seconds => Ok(seconds),
    }
}

/// A description of at most 1000 characters.
pub(super) fn description(input: &Input) -> Result<Option<String>, ApiError> {
    match input.text("Description") {
        Some(text) if text.chars().count() > 1000 => Err(ApiError::new(
            "ValidationError",
            "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000",
        )),
        text => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
    }
}
