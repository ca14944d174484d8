//! The history of an incident, in two bounded lists: the first entries are in the incident's head, the later ones in an
//! item of their own, so that no change of the head pays for them. A DynamoDB item has at most 400 KB: a record that grew
//! with every notice would eventually reject writes, and its mail, never recorded as sent, would be sent every minute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::shortened;
use crate::incident::Incident;
use crate::time::milliseconds_of;

/// Number of first entries that are kept.
pub const FIRST: usize = 10;
/// Number of latest entries that are kept.
pub const LAST: usize = 40;
/// Maximum length of an entry, in characters: user notes may be long.
const LONGEST: usize = 1000;

/// An event in an incident's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What, in a few words: `opened`, `notified`, `acknowledged by ada`.
    pub what: String,
}

impl TimelineEntry {
    /// An entry, truncated if too long.
    pub fn new(at: impl Into<String>, what: &str) -> Self {
        Self { at: at.into(), what: shortened(what, LONGEST) }
    }
}

/// Longest entry in a head, in characters: every change of the head pays for it.
const LONGEST_IN_HEAD: usize = 120;

/// The entries of an incident's history that its head has no room for: an item of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaterEntries {
    /// The entries, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Number of entries omitted before them.
    pub timeline_left_out: u64,
    /// Other attributes: the texts of [variants](crate::variants).
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

impl LaterEntries {
    /// With one more entry; beyond [`LAST`] the oldest is omitted.
    #[must_use]
    pub fn with(self, entry: TimelineEntry) -> Self {
        let Self { mut timeline, timeline_left_out, others } = self;
        timeline.push(entry);
        let excess = timeline.len().saturating_sub(LAST);
        timeline.drain(..excess);
        Self { timeline, timeline_left_out: timeline_left_out.saturating_add(excess as u64), others }
    }
}

/// A change of a stored timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineChange {
    /// Append an entry unconditionally.
    Append(TimelineEntry),
    /// Replace it if it is unchanged since it was read: same number of entries and of omitted ones.
    Rewrite {
        /// The entries, oldest first.
        entries: Vec<TimelineEntry>,
        /// Number of omitted entries between the first [`FIRST`] and the rest.
        left_out: u64,
    },
}

impl Incident {
    /// Whether its head has room for an entry; otherwise the entry belongs to its [`LaterEntries`].
    pub fn has_room_for(&self, entry: &TimelineEntry) -> bool {
        self.timeline.len() < FIRST && entry.what.chars().nth(LONGEST_IN_HEAD).is_none()
    }

    /// With the later entries of its history, in order of time.
    #[must_use]
    pub fn with_later(self, later: LaterEntries) -> Self {
        let mut timeline = [self.timeline, later.timeline].concat();
        timeline.sort_by_cached_key(|entry| milliseconds_of(&entry.at));
        let timeline_left_out = self.timeline_left_out.saturating_add(later.timeline_left_out);
        Self { timeline, timeline_left_out, ..self }.with_variant_texts(&later.others)
    }

    /// The change that adds an entry to its stored timeline.
    pub fn timeline_with(&self, entry: TimelineEntry) -> TimelineChange {
        if self.timeline.len() < FIRST + LAST && !self.is_timeline_overgrown() {
            return TimelineChange::Append(entry);
        }
        rewrite(self.timeline.iter().chain([&entry]), self.timeline_left_out)
    }

    /// The repair of its stored timeline; `None` except for timelines that an older version let grow.
    pub fn timeline_mended(&self) -> Option<TimelineChange> {
        self.is_timeline_overgrown().then(|| rewrite(self.timeline.iter(), self.timeline_left_out))
    }

    /// Adds an entry.
    pub fn note(&mut self, entry: TimelineEntry) {
        match self.timeline_with(entry) {
            TimelineChange::Append(entry) => self.timeline.push(entry),
            TimelineChange::Rewrite { entries, left_out } => {
                self.timeline = entries;
                self.timeline_left_out = left_out;
            }
        }
    }

    fn is_timeline_overgrown(&self) -> bool {
        let is_long = |entry: &TimelineEntry| entry.what.chars().nth(LONGEST).is_some();
        self.timeline.len() > FIRST + LAST || self.timeline.iter().any(is_long)
    }
}

fn rewrite<'e>(entries: impl Iterator<Item = &'e TimelineEntry>, left_out: u64) -> TimelineChange {
    let mut entries: Vec<_> = entries.map(|entry| TimelineEntry::new(&entry.at, &entry.what)).collect();
    let excess = entries.len().saturating_sub(FIRST + LAST);
    entries.drain(FIRST.min(entries.len())..(FIRST + excess).min(entries.len()));
    TimelineChange::Rewrite { entries, left_out: left_out + excess as u64 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn incident(entries: usize, length: usize) -> Result<Incident, serde_json::Error> {
        let entry =
            |number: usize| json!({"at": "2026-01-31T12:00:00Z", "what": format!("{number} {}", "x".repeat(length))});
        let timeline: Vec<_> = (0..entries).map(entry).collect();
        serde_json::from_value(json!({
            "incident_id": "inc-1", "status": "open", "severity": "HIGH", "summary": "s", "recommendation": "r",
            "created_at": "2026-01-31T12:00:00Z", "last_seen_at": "2026-01-31T12:00:00Z", "occurrences": 1, "fingerprint": "v1:0",
            "source": "lambda", "resource": "orders", "account": "", "region": "", "error_type": "", "error_message": "",
            "rule": "r", "timeline": timeline,
        }))
    }

    fn numbers(incident: &Incident) -> Vec<usize> {
        incident.timeline.iter().filter_map(|entry| entry.what.split(' ').next()?.parse().ok()).collect()
    }

    #[test]
    fn a_timeline_keeps_its_beginning_and_its_end() -> Result<(), serde_json::Error> {
        let mut incident = incident(0, 0)?;
        for number in 0..200 {
            incident.note(TimelineEntry::new("2026-01-31T12:00:00Z", &format!("{number} reminder")));
            assert_eq!(incident.timeline.len() as u64 + incident.timeline_left_out, number + 1);
        }
        assert_eq!(numbers(&incident), (0..FIRST).chain(200 - LAST..200).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn a_short_timeline_is_appended_to_and_a_full_one_rewritten() -> Result<(), serde_json::Error> {
        let entry = || TimelineEntry::new("2026-01-31T12:00:00Z", "opened");
        assert_eq!(incident(49, 0)?.timeline_with(entry()), TimelineChange::Append(entry()));
        let full = incident(50, 0)?;
        assert!(matches!(full.timeline_with(entry()), TimelineChange::Rewrite { left_out: 1, .. }));
        assert_eq!(full.timeline_mended(), None);
        Ok(())
    }

    #[test]
    fn one_that_grew_too_large_is_mended_whether_by_number_or_by_length() -> Result<(), serde_json::Error> {
        for (entries, length) in [(4000, 50), (3, 100_000), (51, 0)] {
            let mut incident = incident(entries, length)?;
            assert!(incident.timeline_mended().is_some(), "{entries} of {length}");
            incident.note(TimelineEntry::new("2026-01-31T12:00:00Z", "acknowledged by ada"));
            assert!(serde_json::to_string(&incident)?.len() < 60_000);
            assert!(incident.timeline.len() <= FIRST + LAST && incident.timeline_mended().is_none());
            assert_eq!(incident.timeline.last().map(|entry| entry.what.as_str()), Some("acknowledged by ada"));
        }
        Ok(())
    }
}
