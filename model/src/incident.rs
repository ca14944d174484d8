//! The incident record.

use serde::{Deserialize, Serialize};

use crate::notice::Reason;
use crate::table::FIRST_RECORD_VERSION;
use crate::timeline::TimelineEntry;
use crate::word::{Word, by_name};
use crate::{FingerprintInputs, Severity};

/// Where an incident is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nobody has taken it yet.
    Open,
    /// Somebody works on it.
    Acknowledged,
    /// Over. A failure that returns opens a new incident.
    Resolved,
    /// One that a newer version gave. It is not over.
    Other(Word),
}

impl Status {
    /// All that this version gives, in the order of an incident's life.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    /// Whether nobody has taken it yet. One that this version does not know may mean that, which is the careful choice.
    pub fn is_untaken(self) -> bool {
        matches!(self, Self::Open | Self::Other(_))
    }

    /// The name as it stands in records and on the command line.
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
/// table and the member names in JSON output; outside programs rely on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Unique; sorts by time of creation: `inc-` and a UUID version 7.
    pub incident_id: String,
    /// How the record is made: [`RECORD_VERSION`](crate::table::RECORD_VERSION).
    #[serde(default = "first_version")]
    pub record_version: u64,
    /// Where it is in its life.
    pub status: Status,
    /// How bad it is.
    pub severity: Severity,
    /// One line: what broke.
    pub summary: String,
    /// What a person should do about it.
    pub recommendation: String,
    /// When the first failure was recorded, RFC 3339 in UTC.
    pub created_at: String,
    /// When the newest failure was recorded, RFC 3339 in UTC.
    pub last_seen_at: String,
    /// How many different failures it stands for.
    pub occurrences: u64,
    /// What makes two failures the same, versioned: `v1:` and hex digits.
    pub fingerprint: String,
    /// What went into the fingerprint.
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
    /// Id of the failed request, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Name of the rule that gave the severity.
    pub rule: String,
    /// Address of the runbook, if the rule has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Link into the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// What identifies its trouble where the resource alone does not: a category of events, an id. A recovery of the same
    /// trouble ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The drill that asked for the failure, as `trigger-test` does; it makes an incident of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// When the alert was accepted for delivery, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_at: Option<String>,
    /// When the newest mail about it was accepted, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_notified_at: Option<String>,
    /// How many notices there were, with the one that is due.
    #[serde(default)]
    pub notices: u64,
    /// The notice that nobody sent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Reason>,
    /// When somebody has to look at it, in seconds since 1970. While a notice is due: until when its sender has time, or
    /// until when it is held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// The silence that holds its notice back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_by: Option<String>,
    /// The resolved incident of the same fingerprint before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_incident_id: Option<String>,
    /// The newest other incident of the same trouble when this one was opened: a recovery goes from one to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside_incident_id: Option<String>,
    /// The incident of an alarm that told of the same failure before, without its cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explains_incident_id: Option<String>,
    /// Whether an event or quiet resolved it, and no person.
    #[serde(default)]
    pub recovered: bool,
    /// When its fingerprint changed state lately, in seconds since 1970.
    #[serde(default)]
    pub recent_changes: Vec<i64>,
    /// Whether mails are held back until the state stays.
    #[serde(default)]
    pub flapping: bool,
    /// What happened to it, oldest first. A long one lacks its middle: see [`timeline`](crate::timeline).
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// How many entries are left out of the timeline behind its first ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeline_left_out: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn first_version() -> u64 {
    FIRST_RECORD_VERSION
}

impl Incident {
    /// What identifies its trouble among those of its source.
    pub fn trouble(&self) -> &str {
        self.trouble.as_deref().unwrap_or(&self.resource)
    }

    /// The same incident with one more failure, which it shows from now on: all that stands in it about a failure comes
    /// from the latest. The severity is the highest of all.
    #[must_use]
    pub fn counting(self, latest: &Self) -> Self {
        Self {
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
            occurrences: self.occurrences + 1,
            ..self
        }
    }
}
