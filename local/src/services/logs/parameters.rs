//! Parameters common to several operations.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::services::tags;
use crate::{ApiError, Call};

const MAX_TAGS: usize = 50;

const DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

/// A violation of the API model; `constraint` continues "Member must".
pub(super) fn violation(value: &str, member: &str, constraint: &str) -> ApiError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
    ))
}

/// Rejects parameters that AWS supports and the local AWS does not.
///
/// # Errors
/// `NotImplemented`, naming the parameter.
pub(super) fn only(call: &Call, known: &[&str]) -> Result<(), ApiError> {
    let is_set = |value: &Value| !value.is_null() && value != &Value::Bool(false);
    match call.input.0.iter().find(|(name, value)| !known.contains(&name.as_str()) && is_set(value)) {
        Some((name, _)) => Err(ApiError::not_implemented("logs", &format!("{} with parameter {name}", call.operation))),
        None => Ok(()),
    }
}

/// A required text parameter.
///
/// # Errors
/// `InvalidParameterException`.
pub(super) fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, ApiError> {
    call.input.text(name).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// The call's log group name.
///
/// # Errors
/// `InvalidParameterException` when absent or invalid.
pub(super) fn group_name(call: &Call) -> Result<&str, ApiError> {
    let name = required(call, "logGroupName")?;
    check_group_name(name)?;
    Ok(name)
}

/// The call's log group by name, or by name or ARN in `logGroupIdentifier`.
///
/// # Errors
/// `InvalidParameterException` unless exactly one is given.
pub(super) fn group_identifier(call: &Call) -> Result<&str, ApiError> {
    match (call.input.text("logGroupIdentifier"), call.input.text("logGroupName")) {
        (Some(_), Some(_)) => Err(invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")),
        (Some(identifier), None) => Ok(name_in_arn(identifier)),
        _ => group_name(call),
    }
}

/// The name in a group's ARN; anything else is a name.
pub(super) fn name_in_arn(identifier: &str) -> &str {
    match identifier.split_once(":log-group:") {
        Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
        None => identifier,
    }
}

/// Validates a group name.
///
/// # Errors
/// `InvalidParameterException`.
pub(super) fn check_group_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.len() > 512 {
        let constraint = if name.is_empty() { "greater than or equal to 1" } else { "less than or equal to 512" };
        return Err(violation(name, "logGroupName", &format!("have length {constraint}")));
    }
    let is_legal = |character: char| character.is_ascii_alphanumeric() || ".-_/#".contains(character);
    if !name.chars().all(is_legal) {
        return Err(violation(name, "logGroupName", "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"));
    }
    Ok(())
}

/// Validates the name of a group to create: `aws/` at its beginning is AWS's own ("Log group names can't start with the
/// string aws/", API reference, `CreateLogGroup`).
///
/// # Errors
/// `InvalidParameterException`.
pub(super) fn check_new_group_name(name: &str) -> Result<(), ApiError> {
    check_group_name(name)?;
    match name.starts_with("aws/") {
        true => Err(invalid("Log group names starting with aws/ are reserved for AWS.")),
        false => Ok(()),
    }
}

/// The call's log stream name.
///
/// # Errors
/// `InvalidParameterException` when absent or invalid.
pub(super) fn stream_name(call: &Call) -> Result<&str, ApiError> {
    let name = required(call, "logStreamName")?;
    if name.is_empty() || name.len() > 512 || name.contains([':', '*']) {
        return Err(violation(name, "logStreamName", "satisfy regular expression pattern: [^:*]*"));
    }
    Ok(name)
}

/// The call's log stream names; none when absent.
///
/// # Errors
/// `InvalidParameterException` for more than 100, or an invalid one.
pub(super) fn stream_names(call: &Call) -> Result<Vec<String>, ApiError> {
    let names = call.input.texts("logStreamNames");
    if call.input.get("logStreamNames").is_some() && !(1..=100).contains(&names.len()) {
        let bound = if names.is_empty() { "greater than or equal to 1" } else { "less than or equal to 100" };
        return Err(violation(&format!("[{}]", names.join(", ")), "logStreamNames", &format!("have length {bound}")));
    }
    if let Some(name) = names.iter().find(|name| name.is_empty() || name.len() > 512 || name.contains([':', '*'])) {
        return Err(violation(name, "logStreamNames", "satisfy regular expression pattern: [^:*]*"));
    }
    Ok(names)
}

/// The call's `startTime` and `endTime`, in milliseconds since 1970.
///
/// # Errors
/// `InvalidParameterException` for a time before 1970, and, stricter than AWS, for a range that ends before it starts.
pub(super) fn time_range(call: &Call) -> Result<(Option<i64>, Option<i64>), ApiError> {
    let times = ["startTime", "endTime"].map(|name| (name, call.input.integer(name)));
    for (name, time) in times {
        if let Some(time) = time.filter(|time| *time < 0) {
            return Err(violation(&time.to_string(), name, "have value greater than or equal to 0"));
        }
    }
    match times.map(|(_, time)| time) {
        [Some(start), Some(end)] if start > end => Err(invalid("startTime must not be after endTime.")),
        [start, end] => Ok((start, end)),
    }
}

/// A supported retention in days.
///
/// # Errors
/// `InvalidParameterException`.
pub(super) fn retention_days(call: &Call) -> Result<i64, ApiError> {
    let days =
        call.input.integer("retentionInDays").ok_or_else(|| violation("null", "retentionInDays", "not be null"))?;
    if DAYS.contains(&days) {
        return Ok(days);
    }
    let known: Vec<String> = DAYS.iter().map(i64::to_string).collect();
    let constraint = format!("satisfy enum value set: [{}]", known.join(", "));
    Err(violation(&days.to_string(), "retentionInDays", &constraint))
}

/// The page size.
///
/// # Errors
/// `InvalidParameterException` outside 1 to `maximum`.
pub(super) fn limit(call: &Call, maximum: usize) -> Result<usize, ApiError> {
    let Some(limit) = call.input.integer("limit") else { return Ok(maximum) };
    match usize::try_from(limit) {
        Ok(limit) if (1..=maximum).contains(&limit) => Ok(limit),
        _ if limit < 1 => Err(violation(&limit.to_string(), "limit", "have value greater than or equal to 1")),
        _ => {
            let constraint = format!("have value less than or equal to {maximum}");
            Err(violation(&limit.to_string(), "limit", &constraint))
        }
    }
}

/// The call's tags.
///
/// # Errors
/// `InvalidParameterException` for an invalid tag, or more than 50.
pub(super) fn tags(call: &Call) -> Result<BTreeMap<String, String>, ApiError> {
    let members = call.input.structure("tags").unwrap_or_default().0;
    let tags: BTreeMap<String, String> = members
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(value) => Ok((key, value)),
            _ => Err(violation(&key, "tags", "have text values")),
        })
        .collect::<Result<_, _>>()?;
    match tags::problem(&Vec::from_iter(tags.clone()), MAX_TAGS) {
        None => Ok(tags),
        Some(tags::Problem::TooMany) => Err(too_many_tags()),
        Some(problem) => Err(invalid(format!("Invalid tags: {problem}."))),
    }
}

/// Adds tags to those of a log group.
///
/// # Errors
/// `TooManyTagsException` for more than a log group can have.
pub(super) fn add_tags(tags: &mut BTreeMap<String, String>, added: BTreeMap<String, String>) -> Result<(), ApiError> {
    let mut all = tags.clone();
    all.extend(added);
    if all.len() > MAX_TAGS {
        return Err(too_many_tags());
    }
    *tags = all;
    Ok(())
}

fn too_many_tags() -> ApiError {
    ApiError::new("TooManyTagsException", "A resource can have no more than 50 tags.")
}

/// The page of a list from `nextToken`, the position of its first element.
///
/// # Errors
/// `InvalidParameterException` for an invalid token.
pub(super) fn page<T>(call: &Call, elements: Vec<T>, size: usize) -> Result<(Vec<T>, Option<String>), ApiError> {
    let start: usize = match call.input.text("nextToken") {
        Some(token) => token.parse().map_err(|_| invalid("The specified nextToken is invalid."))?,
        None => 0,
    };
    let total = elements.len();
    let page: Vec<T> = elements.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    Ok((page, (next < total).then(|| next.to_string())))
}
