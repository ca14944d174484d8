//! The part of an incident that every failure changes, in an item of its own of at most 1 KB: DynamoDB charges a write by
//! the whole item's size, and limits the writes to one item to 1 000 units a second.
//!
//! The count of an incident is the sum of its head's and its tally's, so whichever version counts a failure, and wherever,
//! none is lost. The latest failure is stored as its differences to the first one, which the head holds.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::within_bytes;
use crate::incident::{Incident, later};
use crate::table::NEVER_DUE;

/// Maximum size of the differences in bytes, so that the item with its key and numbers stays within one write unit.
const MOST_BYTES: usize = 660;
/// What a map's element costs beyond its name and its value
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
const ELEMENT_BYTES: usize = 1;
/// Maximum sizes in bytes of prose that differs. The message gets what is left.
const MOST_PROSE_BYTES: usize = 180;

/// Maximum sizes in bytes of an id and a class that differ: AWS's are shorter. Whoever forges events may choose longer ones.
const MOST_NAME_BYTES: usize = 80;

/// The attributes about one failure, and their values.
type Failure = BTreeMap<&'static str, String>;

/// How the latest failure differs from the first: `None` for an attribute that it lacks.
pub type Differences = BTreeMap<String, Option<String>>;

/// The count and the latest failure of an incident. The attribute names are those of the item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Failures beyond those that the head counts.
    pub occurrences: u64,
    /// When the latest of them was recorded, RFC 3339 in UTC.
    pub last_seen_at: String,
    /// When the newest of them happened, as their events say, RFC 3339 in UTC.
    pub last_failed_at: Option<String>,
    /// The latest of them.
    pub latest: Differences,
    /// Whether the incident is resolved: nothing is counted for it any more.
    pub closed: bool,
    /// Other attributes: the counts of [variants](crate::variants).
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// What an incident's head holds, whatever was counted since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Failures counted in the head.
    pub occurrences: u64,
    failure: Failure,
}

impl Head {
    /// The head of an incident as it was written.
    pub fn of(incident: &Incident) -> Self {
        Self { occurrences: incident.occurrences, failure: failure_of(incident) }
    }

    /// How an incident's latest failure differs from the one in this head. Long texts are cut, so that they fit.
    pub fn differences(&self, incident: &Incident) -> Differences {
        let latest = failure_of(incident);
        let names = self.failure.keys().chain(latest.keys());
        let differing = names.filter(|name| self.failure.get(*name) != latest.get(*name));
        fitting(differing.map(|name| ((*name).to_owned(), latest.get(name).cloned())).collect())
    }
}

impl Incident {
    /// The incident whose head this is, with what its tally counted since. "Nothing to come" is of interest to the index
    /// only.
    #[must_use]
    pub fn with_tally(self, tally: Option<&Tally>) -> Self {
        let head = Some(Box::new(Head::of(&self)));
        let due_at = self.due_at.filter(|at| *at < NEVER_DUE);
        let Some(tally) = tally else { return Self { head, due_at, ..self } };
        let occurrences = self.occurrences.saturating_add(tally.occurrences);
        // An older version counts in the head.
        let is_later = tally.last_seen_at >= self.last_seen_at;
        let last_failed_at = later(self.last_failed_at.clone(), tally.last_failed_at.clone());
        // Before the count, which the variant of the head has to itself.
        let variants = self.clone().with_variant_counts(&tally.others).variants;
        let counted = Self { occurrences, head, due_at, last_failed_at, variants, ..self };
        match is_later {
            true => showing(Self { last_seen_at: tally.last_seen_at.clone(), ..counted }, &tally.latest),
            false => counted,
        }
    }
}

fn failure_of(incident: &Incident) -> Failure {
    let Incident { summary, recommendation, rule, error_type, error_message, .. } = incident;
    [
        ("summary", Some(summary)),
        ("recommendation", Some(recommendation)),
        ("rule", Some(rule)),
        ("error_type", Some(error_type)),
        ("error_message", Some(error_message)),
        ("runbook", incident.runbook.as_ref()),
        ("console_url", incident.console_url.as_ref()),
        ("request_id", incident.request_id.as_ref()),
        ("trouble", incident.trouble.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?.clone())))
    .collect()
}

fn showing(mut incident: Incident, latest: &Differences) -> Incident {
    for (name, value) in latest {
        let value = value.clone();
        match name.as_str() {
            "summary" => incident.summary = value.unwrap_or_default(),
            "recommendation" => incident.recommendation = value.unwrap_or_default(),
            "rule" => incident.rule = value.unwrap_or_default(),
            "error_type" => incident.error_type = value.unwrap_or_default(),
            "error_message" => incident.error_message = value.unwrap_or_default(),
            "runbook" => incident.runbook = value,
            "console_url" => incident.console_url = value,
            "request_id" => incident.request_id = value,
            "trouble" => incident.trouble = value,
            // Of a newer version.
            _ => {}
        }
    }
    incident
}

/// The differences within [`MOST_BYTES`]: prose is cut, a link that does not fit is left out, and the message gets the
/// rest. What AWS and the rules name stays whole.
fn fitting(mut differences: Differences) -> Differences {
    if size(&differences) <= MOST_BYTES {
        return differences;
    }
    for prose in ["summary", "recommendation"] {
        cut(&mut differences, prose, MOST_PROSE_BYTES);
    }
    for name in ["request_id", "error_type"] {
        cut(&mut differences, name, MOST_NAME_BYTES);
    }
    let is_long =
        |differences: &Differences| size(differences) - bytes_of(differences, "error_message") > MOST_BYTES / 2;
    for link in ["console_url", "runbook"] {
        if is_long(&differences) && differences.contains_key(link) {
            differences.insert(link.to_owned(), None);
        }
    }
    let left = MOST_BYTES.saturating_sub(size(&differences) - bytes_of(&differences, "error_message"));
    cut(&mut differences, "error_message", left);
    differences
}

fn cut(differences: &mut Differences, name: &str, bytes: usize) {
    if let Some(Some(text)) = differences.get_mut(name) {
        *text = within_bytes(text, bytes);
    }
}

fn bytes_of(differences: &Differences, name: &str) -> usize {
    differences.get(name).and_then(Option::as_ref).map_or(0, String::len)
}

fn size(differences: &Differences) -> usize {
    let value = |value: &Option<String>| value.as_ref().map_or(1, String::len);
    differences.iter().map(|(name, text)| name.len() + value(text) + ELEMENT_BYTES).sum()
}
