//! Names in events. Whoever may send events chooses them: only what can be a name reaches a call.

use incident_model::analysis::origin;
use incident_model::{Incident, function_metrics};

/// Longest name of a function
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>).
const LONGEST: usize = 64;

/// Whether a text is of letters, digits, hyphens and underscores, at least one and at most so many.
pub(crate) fn is_name(text: &str, longest: usize) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=longest).contains(&text.len()) && text.bytes().all(is_of_name)
}

/// Whether a text can be the name of a function, without an account, a region, a version or an alias.
pub(crate) fn is_function_name(text: &str) -> bool {
    is_name(text, LONGEST)
}

/// The function that an incident is about: the failed one, by event or metric, or that of an alarm.
pub(crate) fn function_of(incident: &Incident) -> Option<&str> {
    let of_alarm = || incident.origin.get(origin::FUNCTION);
    let is_named = incident.names_function() || incident.source == function_metrics::SOURCE;
    let name = Some(&incident.resource).filter(|_| is_named).or_else(of_alarm)?;
    is_function_name(name).then_some(name)
}
