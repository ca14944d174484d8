//! The failures that a handler instance could not record: by fingerprint, with what was mailed about each. Pure, and
//! bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use incident_model::Incident;

/// Time, in seconds, in which a fingerprint is mailed once. It doubles with each mail …
const QUIET: i64 = 10 * 60;
/// … up to this.
const LONGEST_QUIET: i64 = 60 * 60;
/// A fingerprint is mailed earlier if its failures grew by this factor.
const GROWTH: u64 = 10;
/// A fingerprint without failures for this long, in seconds, is forgotten.
const FORGOTTEN: i64 = 2 * 60 * 60;
/// Number of fingerprints that are kept; beyond it the least severe are dropped, and come back with their messages. Of
/// equals those are kept that were mailed, so that they are not mailed again.
const MOST_KEPT: usize = 1_000;
/// Number of events that are recognised when they come again, in each of two generations.
const GENERATION: usize = 5_000;

/// A fingerprint whose failures could not be recorded.
#[derive(Debug)]
pub(super) struct Failing {
    /// The incident that its latest failure would open, with the number of distinct failures.
    pub(super) incident: Incident,
    /// Whether all its failures are kept in the queue of events.
    pub(super) is_kept: bool,
    /// Whether it failed since it was mailed.
    is_waiting: bool,
    failed_at: i64,
    told: Option<Told>,
}

/// What was mailed about a fingerprint.
#[derive(Debug, Clone, Copy)]
struct Told {
    at: i64,
    failures: u64,
    times: u32,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Known {
    failing: BTreeMap<String, Failing>,
    seen: [BTreeSet<u64>; 2],
}

impl Known {
    /// Adds a failure. Another attempt of the same event counts no further failure.
    pub(super) fn add(&mut self, event_id: &str, incident: Incident, is_kept: bool, now: i64) {
        let is_new = self.is_new(event_id);
        let fingerprint = incident.fingerprint.clone();
        let before = self.failing.remove(&fingerprint);
        let failures = before.as_ref().map_or(0, |before| before.incident.occurrences) + u64::from(is_new);
        let since = before.as_ref().map_or(&incident.created_at, |before| &before.incident.created_at).clone();
        let failing = Failing {
            is_kept: is_kept && before.as_ref().is_none_or(|before| before.is_kept),
            is_waiting: true,
            failed_at: now,
            told: before.and_then(|before| before.told),
            incident: Incident { occurrences: failures.max(1), created_at: since, ..incident },
        };
        self.failing.insert(fingerprint, failing);
        if self.failing.len() > MOST_KEPT {
            self.drop_least();
        }
    }

    /// Forgets what no longer fails.
    pub(super) fn forget(&mut self, now: i64) {
        self.failing.retain(|_, failing| now - failing.failed_at < FORGOTTEN);
    }

    /// Takes back what is not mailed yet.
    pub(super) fn settle(&mut self, fingerprint: &str) {
        if let Some(failing) = self.failing.get_mut(fingerprint).filter(|failing| failing.is_kept) {
            failing.is_waiting = false;
        }
    }

    /// What is to be mailed, worst first, then the longest failing.
    pub(super) fn news(&self, now: i64) -> Vec<&Failing> {
        let mut news: Vec<&Failing> = self.failing.values().filter(|failing| failing.is_news(now)).collect();
        news.sort_by_key(|failing| (std::cmp::Reverse(failing.incident.severity), &failing.incident.created_at));
        news
    }

    /// Takes note of a mail about these fingerprints, with as many failures of each.
    pub(super) fn told(&mut self, news: &[(String, u64)], now: i64) {
        for (fingerprint, failures) in news {
            if let Some(failing) = self.failing.get_mut(fingerprint) {
                failing.is_waiting = failing.incident.occurrences > *failures;
                let times = failing.told.map_or(0, |told| told.times).saturating_add(1);
                failing.told = Some(Told { at: now, failures: *failures, times });
            }
        }
    }

    /// Whether an event comes for the first time, as far as this handler remembers.
    fn is_new(&mut self, event_id: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        event_id.hash(&mut hasher);
        let event = hasher.finish();
        let [recent, older] = &mut self.seen;
        let is_new = !recent.contains(&event) && !older.contains(&event);
        if recent.len() >= GENERATION {
            *older = std::mem::take(recent);
        }
        recent.insert(event);
        is_new
    }

    fn drop_least(&mut self) {
        let worth = |failing: &Failing| (failing.incident.severity, failing.told.is_some(), failing.failed_at);
        let least = self.failing.iter().min_by_key(|(_, failing)| worth(failing));
        if let Some(fingerprint) = least.map(|(fingerprint, _)| fingerprint.clone()) {
            self.failing.remove(&fingerprint);
        }
    }
}

impl Failing {
    fn is_news(&self, now: i64) -> bool {
        self.is_waiting
            && self.told.is_none_or(|told| {
                let quiet = (QUIET << (told.times - 1).min(8)).min(LONGEST_QUIET);
                now - told.at >= quiet || self.incident.occurrences >= told.failures.saturating_mul(GROWTH)
            })
    }
}
