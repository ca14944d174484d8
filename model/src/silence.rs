//! Silences: incidents are recorded, but not mailed, until the end of the silence.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::incident::Incident;
use crate::pattern::{Pattern, PatternError};
use crate::time::seconds_of;

/// Maximum duration of a silence, in seconds: thirty days, because a forgotten one must not hide a year.
pub const LONGEST_SILENCE: i64 = 30 * 24 * 60 * 60;
/// Maximum number of silences: they share one item of the table.
pub const MOST_SILENCES: usize = 100;

/// The table item with all silences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Silences {
    /// The silences at their positions in the list, including ended ones whose end was not reported yet; `None` for one
    /// that this version cannot read, which hides nothing and stays unchanged.
    pub places: Vec<Option<Silence>>,
    /// Incremented by every change; writes are conditional on it (optimistic locking).
    pub version: u64,
}

impl Silences {
    /// The readable silences.
    pub fn readable(self) -> Vec<Silence> {
        self.places.into_iter().flatten().collect()
    }

    /// The number of silences that this version cannot read.
    pub fn unreadable(&self) -> usize {
        self.places.iter().filter(|silence| silence.is_none()).count()
    }
}

impl<'de> Deserialize<'de> for Silences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Item {
            silences: Vec<Value>,
            version: u64,
        }
        let Item { silences, version } = Item::deserialize(deserializer)?;
        Ok(Self { places: silences.into_iter().map(|silence| serde_json::from_value(silence).ok()).collect(), version })
    }
}

/// A silence: no mail about matching incidents until it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Unique: `sil-` and a UUID version 7.
    pub silence_id: String,
    /// Its creator.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: String,
    /// When it ends, RFC 3339 in UTC.
    pub until: String,
    /// The matched incidents: a pattern over [`matched_fields`].
    pub pattern: Value,
}

impl Silence {
    /// Whether it is active at a time, in seconds since 1970. One with an unreadable end is not.
    pub fn is_active(&self, now: i64) -> bool {
        self.ends_at().is_some_and(|end| end > now)
    }

    /// When it ends, in seconds since 1970.
    pub fn ends_at(&self) -> Option<i64> {
        seconds_of(&self.until)
    }

    /// Whether it covers an incident. One with an invalid pattern covers none: a mistake must not hide incidents.
    pub fn covers(&self, incident: &Incident) -> bool {
        Pattern::from_value(&self.pattern).is_ok_and(|pattern| pattern.matches(&matched_fields(incident)))
    }
}

/// The active silence that covers an incident and ends last.
pub fn covering<'s>(silences: &'s [Silence], incident: &Incident, now: i64) -> Option<&'s Silence> {
    let active = silences.iter().filter(|silence| silence.is_active(now) && silence.covers(incident));
    active.max_by_key(|silence| silence.ends_at())
}

/// The value that a silence's pattern matches.
pub fn matched_fields(incident: &Incident) -> Value {
    let fingerprints = [Some(&incident.fingerprint), incident.former_fingerprint.as_ref()];
    json!({
        "source": incident.source,
        "resource": incident.resource,
        "account": incident.account,
        "region": incident.region,
        "severity": incident.severity,
        "rule": incident.rule,
        "error_type": incident.error_type,
        "error_message": incident.error_message,
        "fingerprint": fingerprints.into_iter().flatten().collect::<Vec<_>>(),
    })
}

/// Validates a pattern: EventBridge's syntax, over the fields that silences match.
///
/// # Errors
/// An invalid pattern, or an unknown field.
pub fn check_pattern(pattern: &Value) -> Result<(), SilenceError> {
    const FIELDS: [&str; 10] = [
        "source",
        "resource",
        "account",
        "region",
        "severity",
        "rule",
        "error_type",
        "error_message",
        "fingerprint",
        "$or",
    ];
    Pattern::from_value(pattern)?;
    let names = pattern.as_object().into_iter().flat_map(|fields| fields.keys());
    match names.into_iter().find(|name| !FIELDS.contains(&name.as_str())) {
        Some(name) => Err(SilenceError::UnknownField { name: name.clone(), known: FIELDS.join(", ") }),
        None => Ok(()),
    }
}

/// Why a silence's pattern is invalid.
#[derive(Debug, thiserror::Error)]
pub enum SilenceError {
    /// EventBridge would reject it.
    #[error("not a pattern")]
    Pattern(#[from] PatternError),
    /// It would never match.
    #[error("a silence cannot match the field `{name}`; the fields are {known}")]
    UnknownField {
        /// The field.
        name: String,
        /// The known fields.
        known: String,
    },
}
