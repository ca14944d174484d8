//! The incidents that this handler opened a moment ago. The index that shows incidents to each other lags behind its table: of
//! several that begin at once, none would see another.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use incident_model::Incident;
use incident_model::analysis::Neighbour;

/// Incidents that are remembered. What a storm opens is in digests.
const MOST: usize = 50;

/// The newest incidents, the newest first.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    newest: Mutex<VecDeque<(String, Neighbour)>>,
}

impl Opened {
    /// Remembers an incident.
    pub(crate) fn remember(&self, incident: &Incident) {
        let Some(neighbour) = Neighbour::of(incident) else { return };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.truncate(MOST - 1);
        newest.push_front((incident.account.clone(), neighbour));
    }

    /// Those that began since a time, in seconds since 1970, in the account of an incident, but for it.
    pub(crate) fn others(&self, of: &Incident, since: i64) -> Vec<Neighbour> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let in_account = newest.iter().filter(|(account, _)| account.is_empty() || *account == of.account);
        let others = in_account.map(|(_, one)| one).filter(|one| one.incident_id != of.incident_id);
        others.filter(|one| one.began_at >= since).cloned().collect()
    }
}
