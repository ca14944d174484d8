//! The incident record.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::alarms;
use crate::analysis::{Analysis, Cause, Confidence, Earlier};
use crate::notice::Reason;
use crate::table::{FIRST_RECORD_VERSION, Place};
use crate::tally::Head;
use crate::time::milliseconds_of;
use crate::timeline::TimelineEntry;
use crate::variants::{self, Variant};
use crate::word::{Word, by_name};
use crate::{FingerprintInputs, Severity};

/// The status of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not acknowledged yet.
    Open,
    /// In progress.
    Acknowledged,
    /// Resolved. A recurrence opens a new incident.
    Resolved,
    /// A status of a newer version; treated as unresolved.
    Other(Word),
}

impl Status {
    /// All statuses of this version, in the order of an incident's life.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    /// Whether it is unacknowledged. An unknown status counts as unacknowledged, which is the safe choice.
    pub fn is_untaken(self) -> bool {
        matches!(self, Self::Open | Self::Other(_))
    }

    /// The name in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(Status, Status::ALL);

/// One incident: all failures of one fingerprint until it is resolved. The field names are the attribute names in the
/// table and the member names in JSON output; external programs rely on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Unique; sorts by time of creation: `inc-` and a UUID version 7.
    pub incident_id: String,
    /// Version of the record: [`RECORD_VERSION`](crate::table::RECORD_VERSION).
    #[serde(default = "first_version")]
    pub record_version: u64,
    /// Its status.
    pub status: Status,
    /// Its severity.
    pub severity: Severity,
    /// One line: what broke.
    pub summary: String,
    /// The recommended action.
    pub recommendation: String,
    /// When the first failure was recorded, RFC 3339 in UTC.
    pub created_at: String,
    /// When the newest failure was recorded, RFC 3339 in UTC.
    pub last_seen_at: String,
    /// When the newest of its failures happened, as their events say, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failed_at: Option<String>,
    /// Number of distinct failures.
    pub occurrences: u64,
    /// Identity of the failure, versioned: `v2:` and hex digits.
    pub fingerprint: String,
    /// The same failure's fingerprint of version 1, which silences made before may name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_fingerprint: Option<String>,
    /// The inputs of the fingerprint.
    #[serde(default)]
    pub fingerprint_inputs: FingerprintInputs,
    /// Kind of resource that failed: `lambda`, `ecs`, `cloudwatch` …
    pub source: String,
    /// The resource that failed: a function name, a task, an alarm.
    pub resource: String,
    /// Account of the resource, twelve digits; empty when the event does not say.
    pub account: String,
    /// Region of the resource; empty when the event does not say.
    pub region: String,
    /// The error's class as reported: `Sandbox.Timedout`, `ValueError`.
    pub error_type: String,
    /// The error's message, redacted.
    pub error_message: String,
    /// Id of the failed request, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Name of the rule that gave the severity.
    pub rule: String,
    /// URL of the runbook, if the rule has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Link into the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// Identity of its trouble beyond the resource: a category of events, an id. A recovery of the same trouble ends
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The drill that caused the failure, from `trigger-test`; it has an incident of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// When it was first acknowledged, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<String>,
    /// When it was resolved, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,
    /// When the alert was accepted for delivery, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_at: Option<String>,
    /// When the newest mail about it was accepted, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_notified_at: Option<String>,
    /// Number of notices, including the due one.
    #[serde(default)]
    pub notices: u64,
    /// The due notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Reason>,
    /// When it is due, in seconds since 1970. With a due notice: the end of the sender's lease, or of the delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// The silence that holds its notice back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_by: Option<String>,
    /// The previous, resolved incident of the same fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_incident_id: Option<String>,
    /// The previously newest incident of the same trouble: a recovery follows this chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside_incident_id: Option<String>,
    /// The incident of an alarm that reported the same failure earlier, without its cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explains_incident_id: Option<String>,
    /// When no function had the name of the failed one, RFC 3339 in UTC: deleted, or the event was not Lambda's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_missing_at: Option<String>,
    /// Whether it was resolved automatically, by an event or a quiet period.
    #[serde(default)]
    pub recovered: bool,
    /// Recent state changes of its fingerprint, in seconds since 1970.
    #[serde(default)]
    pub recent_changes: Vec<i64>,
    /// Whether mails are held back until the state is stable.
    #[serde(default)]
    pub flapping: bool,
    /// Where to look for evidence: see [`origin`](crate::analysis::origin).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origin: BTreeMap<String, String>,
    /// An incident that began at the same time with the same cause, and whose alert went out: this one's notice goes into
    /// one mail with others like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares_cause_with: Option<String>,
    /// The suspected cause, if it was analysed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How sure the cause is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What was found out about it; in an item of its own.
    #[serde(default, deserialize_with = "of_known_form", skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Box<Analysis>>,
    /// How it ended before.
    #[serde(default, deserialize_with = "of_known_form", skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
    /// The note of whoever resolved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_note: Option<String>,
    /// Its history, oldest first. A long one lacks its middle: see [`timeline`](crate::timeline).
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// Number of entries omitted from the timeline after its first ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeline_left_out: u64,
    /// The wordings of its failures, if they are known one by one: see [`variants`](crate::variants).
    #[serde(default, skip_serializing_if = "is_single")]
    pub variants: Vec<Variant>,
    /// Its head as it was read from the table; `None` for an incident that is not in the table yet.
    #[serde(skip)]
    pub head: Option<Box<Head>>,
}

/// A value, or `None` if a newer version wrote it in a form of its own: that alone must not hide an incident.
fn of_known_form<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form<T> {
        Known(T),
        Newer(IgnoredAny),
    }
    Ok(match Option::deserialize(deserializer)? {
        Some(Form::Known(value)) => Some(value),
        Some(Form::Newer(_)) | None => None,
    })
}

/// The later of two times.
pub(crate) fn later(one: Option<String>, other: Option<String>) -> Option<String> {
    [one, other].into_iter().flatten().max_by_key(|at| milliseconds_of(at))
}

/// A single wording is that of the message.
fn is_single(variants: &[Variant]) -> bool {
    variants.len() < 2
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn first_version() -> u64 {
    FIRST_RECORD_VERSION
}

impl Incident {
    /// The identity of its trouble among those of its source.
    pub fn trouble(&self) -> &str {
        self.trouble.as_deref().unwrap_or(&self.resource)
    }

    /// Whether its resource is a function, by its name, of which an event said that it failed. Whoever may send events can
    /// say that.
    pub fn names_function(&self) -> bool {
        self.source == "lambda" && self.trouble.as_deref().is_none_or(|trouble| trouble.ends_with("#durable execution"))
    }

    /// Where it occurred.
    pub fn place(&self) -> Place<'_> {
        Place { account: &self.account, region: &self.region }
    }

    /// Whether an event reports its end, however long that takes: that of an alarm, unless it was deleted. The alarm that reported each function by
    /// itself is no more; what it opened ends like any other incident.
    pub fn end_is_reported(&self) -> bool {
        let alarm = self.resource.split_once(" (").map_or("", |(alarm, _)| alarm);
        self.source == "cloudwatch" && self.error_type != alarms::DELETED && !alarms::is_of_functions(alarm)
    }

    /// The same incident with more failures. All its attributes about a failure come from the latest one; the severity
    /// is the highest of all.
    #[must_use]
    pub fn counting(self, latest: &Self, failures: u64) -> Self {
        let variant = Variant::of(&latest.error_message, failures);
        let variants = if self.occurrences == 0 { Vec::new() } else { self.variants() };
        Self {
            variants: variants::with(variants, &variant),
            severity: self.severity.max(latest.severity),
            summary: latest.summary.clone(),
            recommendation: latest.recommendation.clone(),
            rule: latest.rule.clone(),
            runbook: latest.runbook.clone(),
            console_url: latest.console_url.clone(),
            error_type: latest.error_type.clone(),
            error_message: latest.error_message.clone(),
            request_id: latest.request_id.clone(),
            trouble: latest.trouble.clone(),
            last_seen_at: latest.last_seen_at.clone(),
            last_failed_at: later(self.last_failed_at, latest.last_failed_at.clone()),
            occurrences: self.occurrences.saturating_add(failures),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An incident whose analysis is this.
    fn with(analysis: serde_json::Value) -> Result<Incident, Box<dyn std::error::Error>> {
        let event = crate::rules::tests::failure(&json!({ "errorType": "E", "errorMessage": "m" }));
        let seen = crate::classify(&event, &crate::Rules::defaults()?)?;
        let seen = seen.first().and_then(|seen| seen.incident("inc-1".to_owned(), crate::time::rfc3339(0)));
        let mut record = serde_json::to_value(seen.ok_or("no incident")?)?;
        record["analysis"] = analysis;
        Ok(serde_json::from_value(record)?)
    }

    #[test]
    fn an_analysis_of_an_unknown_form_hides_no_incident() -> Result<(), Box<dyn std::error::Error>> {
        let known = json!({"cause": "deployment", "confidence": "likely", "statement": "New code.", "of": "later"});
        assert_eq!(with(known)?.analysis.map(|analysis| analysis.cause), Some(Cause::Deployment));
        for newer in [json!({"cause": "x"}), json!("none"), json!([1]), json!(null)] {
            let read = with(newer.clone())?;
            assert_eq!((read.analysis, read.incident_id.as_str()), (None, "inc-1"), "{newer}");
        }
        Ok(())
    }
}
