//! Silences: incidents are recorded, nobody is written to, until an end that every silence has.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::incident::Incident;
use crate::pattern::{Pattern, PatternError};
use crate::time::seconds_of;

/// How long a silence may last, in seconds: thirty days. One that nobody ends must not hide a year.
pub const LONGEST_SILENCE: i64 = 30 * 24 * 60 * 60;
/// How many silences there may be at once: they are kept in one item of the table.
pub const MOST_SILENCES: usize = 100;

/// The item of the table that holds all silences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Silences {
    /// The silences where they stand in the list, also those that ended and were not told about yet; nothing in the place
    /// of one that this version cannot read. Such a one hides nothing, and stays as it is.
    pub places: Vec<Option<Silence>>,
    /// Grows by one with every change; a change is written on the condition that it is as it was read.
    pub version: u64,
}

impl Silences {
    /// Those that this version can read.
    pub fn readable(self) -> Vec<Silence> {
        self.places.into_iter().flatten().collect()
    }

    /// How many this version cannot read.
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

/// Why nobody is written to about some incidents for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Unique: `sil-` and a UUID version 7.
    pub silence_id: String,
    /// Who made it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
    /// When it ends, RFC 3339 in UTC.
    pub until: String,
    /// Which incidents: a pattern over [`matched_fields`].
    pub pattern: Value,
}

impl Silence {
    /// Whether it is in force at a moment, in seconds since 1970. One whose end cannot be read is not.
    pub fn is_active(&self, now: i64) -> bool {
        self.ends_at().is_some_and(|end| end > now)
    }

    /// When it ends, in seconds since 1970.
    pub fn ends_at(&self) -> Option<i64> {
        seconds_of(&self.until)
    }

    /// Whether it is about an incident. One with a pattern that cannot be used is about none: a mistake must not hide
    /// incidents.
    pub fn covers(&self, incident: &Incident) -> bool {
        Pattern::from_value(&self.pattern).is_ok_and(|pattern| pattern.matches(&matched_fields(incident)))
    }
}

/// The silence in force that covers an incident and lasts longest.
pub fn covering<'s>(silences: &'s [Silence], incident: &Incident, now: i64) -> Option<&'s Silence> {
    let active = silences.iter().filter(|silence| silence.is_active(now) && silence.covers(incident));
    active.max_by_key(|silence| silence.ends_at())
}

/// What a silence's pattern is matched against.
pub fn matched_fields(incident: &Incident) -> Value {
    json!({
        "source": incident.source,
        "resource": incident.resource,
        "account": incident.account,
        "region": incident.region,
        "severity": incident.severity,
        "rule": incident.rule,
        "error_type": incident.error_type,
        "error_message": incident.error_message,
        "fingerprint": incident.fingerprint,
    })
}

/// Checks a pattern: EventBridge's syntax, over the fields of an incident that silences look at.
///
/// # Errors
/// What is wrong with it, or the name of a field that there is not.
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

/// Why a pattern cannot say which incidents to be silent about.
#[derive(Debug, thiserror::Error)]
pub enum SilenceError {
    /// EventBridge would not take it.
    #[error("not a pattern")]
    Pattern(#[from] PatternError),
    /// It would never match.
    #[error("a silence cannot match the field `{name}`; the fields are {known}")]
    UnknownField {
        /// The field.
        name: String,
        /// Those that there are.
        known: String,
    },
}
