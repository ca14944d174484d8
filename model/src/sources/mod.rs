//! Interprets the events of AWS services: unwraps them and classifies each.
//!
//! One adapter per service knows where that service puts status, resource and cause. Other services, and events unknown
//! to their adapter, are judged by [`generic`]: by failing words where statuses usually are.

mod access_key;
mod backup;
mod batch;
mod beanstalk;
mod cloudformation;
mod cloudtrail;
mod cloudwatch;
mod codebuild;
mod codedeploy;
mod codepipeline;
mod delivery;
mod devops_guru;
mod ec2;
mod ecs;
mod emr;
mod envelope;
mod generic;
mod glue;
mod health;
mod kms;
mod lambda;
mod logs;
mod rds;
mod security;
mod ssm;
mod states;
mod synthetics;
#[cfg(test)]
mod tests;
mod trusted_advisor;
mod unwrap;

use serde_json::Value;

use crate::fingerprint::digest;
use crate::json;
use crate::observation::Observation;
use envelope::Envelope;

/// Why a delivery contains no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A string, a number, a boolean or null.
    #[error("an event is a JSON object")]
    NotAnObject,
    /// Nothing in it.
    #[error("an empty file, object, list or message holds no event")]
    Empty,
    /// CloudWatch Logs data that is not base64 of gzip or zlib of JSON.
    #[error("the log data is not base64 of gzip or zlib of JSON")]
    BrokenLogs,
    /// More wrappers than any service uses.
    #[error("wrapped in too many layers")]
    TooDeep,
}

/// Parses a delivery. Skips a byte order mark, and removes parts that the parser would reject (see [`json::readable`]).
///
/// # Errors
/// When the bytes are not JSON.
pub fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    json::from_slice(without_mark(bytes)).map_err(|error| Unreadable::NotJson(error.to_string()))
}

/// Parses consecutive deliveries, such as one per line.
///
/// # Errors
/// When the bytes are not JSON, or only whitespace.
pub fn read_each(bytes: &[u8]) -> Result<Vec<Value>, Unreadable> {
    let deliveries = json::stream(without_mark(bytes)).map_err(|error| Unreadable::NotJson(error.to_string()))?;
    if deliveries.is_empty() { Err(Unreadable::Empty) } else { Ok(deliveries) }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The observations of a delivery's events, in order.
///
/// # Errors
/// When the delivery contains no event.
pub fn observe(delivery: &Value) -> Result<Vec<Observation>, Unreadable> {
    let envelopes = unwrap::unwrap(delivery)?;
    let seen = |envelope: Envelope| {
        let content = content_id(&envelope);
        let envelope = access_key::named(envelope).without_secrets();
        understood(&envelope).into_iter().map(move |seen| identified(seen, &content))
    };
    Ok(envelopes.into_iter().flat_map(seen).collect())
}

/// Applies the adapter of the event's service.
fn understood(envelope: &Envelope) -> Vec<Observation> {
    let observation = match (envelope.service(), envelope.detail_type.as_str()) {
        ("securityhub", _) => return security::security_hub(envelope),
        ("lambda", _) => lambda::observe(envelope),
        (_, "Dead Letter") => delivery::observe(envelope),
        (_, unwrap::UNREADABLE) => delivery::unreadable(envelope),
        // Forwarders and mocks drop or change the source.
        (_, "AWS Health Event" | "AWS Health Abuse Event") => health::observe(envelope),
        ("guardduty", _) | ("", "GuardDuty Finding") => security::guard_duty(envelope),
        ("macie" | "macie2", _) => security::macie(envelope),
        (_, kind) if kind.ends_with("via CloudTrail") => cloudtrail::observe(envelope),
        (_, "Inspector2 Finding" | "Access Analyzer Finding") => security::finding(envelope),
        ("cloudwatch", _) => return cloudwatch::observe(envelope),
        ("states", _) => states::observe(envelope),
        ("ecs", _) => ecs::observe(envelope),
        ("batch", _) => batch::observe(envelope),
        ("glue", _) => glue::observe(envelope),
        ("codebuild", _) => codebuild::observe(envelope),
        ("codepipeline", _) => codepipeline::observe(envelope),
        ("codedeploy", _) => codedeploy::observe(envelope),
        ("cloudformation", _) => cloudformation::observe(envelope),
        ("autoscaling", _) => ec2::auto_scaling(envelope),
        ("ec2" | "ec2fleet" | "ec2spotfleet", _) => ec2::observe(envelope),
        ("rds" | "dms", _) => rds::observe(envelope),
        ("devops-guru", _) => devops_guru::observe(envelope),
        ("emr", _) => emr::observe(envelope),
        ("ecr", "ECR Image Scan") => security::image_scan(envelope),
        ("backup", _) => backup::observe(envelope),
        ("elasticbeanstalk", "Health status change") => beanstalk::observe(envelope),
        ("ssm", _) => ssm::observe(envelope),
        ("synthetics", _) => synthetics::observe(envelope),
        ("logs", _) => logs::observe(envelope),
        ("kms", _) => kms::observe(envelope),
        ("trustedadvisor", _) => trusted_advisor::observe(envelope),
        _ => generic::observe(envelope),
    };
    vec![observation]
}

/// The identity of an event without an id of its own or of a wrapper; empty for others.
fn content_id(envelope: &Envelope) -> String {
    if !envelope.event_id.is_empty() {
        return String::new();
    }
    let detail = envelope.detail.to_string();
    digest("content-", [envelope.source.as_str(), &envelope.detail_type, &detail])
}

fn identified(observation: Observation, content_id: &str) -> Observation {
    match observation.event_id.is_empty() {
        true => Observation { event_id: content_id.to_owned(), ..observation },
        false => observation,
    }
}
