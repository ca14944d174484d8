//! RDS. Its events have no status: categories and the message tell.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, shortened};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

/// Categories that mean that something broke.
const FAILURES: &[&str] = &["failure", "failover", "low storage", "security"];
/// Categories whose events say in words whether something broke.
const TOLD_IN_WORDS: &[&str] = &["availability", "notification", "maintenance", "recovery", "read replica", "backup"];

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let identifier = envelope.text("/SourceIdentifier");
    let resource = name(if identifier.is_empty() { envelope.first_resource() } else { identifier });
    let message = envelope.text("/Message");
    let categories: Vec<String> = elements(&envelope.detail, "/EventCategories")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_lowercase)
        .collect();
    let has = |list: &[&str]| categories.iter().any(|category| list.contains(&category.as_str()));
    let is_told = categories.is_empty() || has(TOLD_IN_WORDS);
    let observation = if has(FAILURES) || (is_told && verdict(message) == Verdict::Failed) {
        let category = categories.first().map_or("failure", String::as_str);
        envelope.failure(resource, category, message)
    } else {
        envelope.ignored(resource, format!("`{}` is no failure", shortened(message, 100)))
    };
    observation.with("event", envelope.text("/EventID")).with("kind", envelope.text("/SourceType"))
}
