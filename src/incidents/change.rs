//! Acknowledging and resolving.

use std::time::Duration;

use incident_model::timeline::LaterEntries;
use incident_model::{Incident, Status, TimelineEntry, table};

use super::transaction::Mark;
use super::whole::{Read, parsed};
use super::{Incidents, IncidentsError};

/// Attempts while others write to the same incident: in a storm the handler counts it with every batch.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Longest remark, in characters: the one about a resolution is in the heads of this incident and the next, and in a mail.
const LONGEST_REMARK: usize = 200;

/// Who changes an incident, and their remark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    by: String,
    text: Option<String>,
}

/// Whether a change took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Made now.
    Now,
    /// Already made before.
    Before,
}

/// An incident's items that a change of its status writes, as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    /// The head alone, without what its tally counted.
    pub(super) head: Incident,
    /// The later entries of its timeline.
    pub(super) later: LaterEntries,
}

impl Incidents {
    /// Acknowledges an open incident.
    ///
    /// # Errors
    /// If it is resolved, or the table cannot be changed.
    pub async fn acknowledge(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let id = &incident.incident_id;
        self.change(id, Status::Acknowledged, note, |status| match status {
            Status::Open => Ok(None),
            Status::Acknowledged => Ok(Some(Changed::Before)),
            Status::Resolved => Err(IncidentsError::Resolved { id: id.clone() }),
            Status::Other(status) => Err(IncidentsError::OtherStatus { id: id.clone(), status: status.as_str() }),
        })
        .await
    }

    /// Resolves an incident, and closes its tally in the same transaction, so that no failure is counted for it any more:
    /// the next one of its fingerprint opens a new incident. A mail that is due is dropped: the resolver knows about the
    /// incident.
    ///
    /// # Errors
    /// If the table cannot be changed.
    pub async fn resolve(&self, incident: &Incident, note: &Note) -> Result<Changed, IncidentsError> {
        let is_over = |status| Ok((status == Status::Resolved).then_some(Changed::Before));
        self.change(&incident.incident_id, Status::Resolved, note, is_over).await
    }

    /// Changes the status unless `answer` knows better. What is written holds only for what was read, so it is read anew
    /// when another write was first.
    async fn change(
        &self,
        id: &str,
        to: Status,
        note: &Note,
        answer: impl Fn(Status) -> Result<Option<Changed>, IncidentsError>,
    ) -> Result<Changed, IncidentsError> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let stored = self.stored(id).await?;
            if let Some(answer) = answer(stored.head.status)? {
                return Ok(answer);
            }
            let at = jiff::Timestamp::now().to_string();
            let entry = TimelineEntry::new(&at, &note.about(to));
            let mark = Mark { stored: &stored, to, at: &at, entry: &entry, remark: note.text.as_deref() };
            if self.write(&mark).await? {
                return Ok(Changed::Now);
            }
        }
        Err(IncidentsError::Contended)
    }

    async fn stored(&self, id: &str) -> Result<Stored, IncidentsError> {
        let later_key = table::timeline_key(id);
        let mut items = self.items(vec![id.to_owned(), later_key.clone()], &Read::CONSISTENT).await?;
        let head = parsed(items.remove(id)).map_err(IncidentsError::Malformed)?;
        let later = parsed(items.remove(&later_key)).map_err(IncidentsError::Malformed)?;
        let head = head.ok_or_else(|| IncidentsError::Unknown { id: id.to_owned() })?;
        Ok(Stored { head, later: later.unwrap_or_default() })
    }
}

impl Note {
    /// A remark becomes one line of at most 200 characters.
    pub fn new(by: String, text: Option<&str>) -> Self {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.map(one_line).filter(|text| !text.is_empty()).map(|text| shortened(&text));
        Self { by, text }
    }

    /// The remark.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn about(&self, status: Status) -> String {
        let remark = self.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("{status} by {}{remark}", self.by)
    }
}

fn shortened(text: &str) -> String {
    match text.chars().nth(LONGEST_REMARK) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST_REMARK - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_one_short_line() {
        let long = "ä".repeat(LONGEST_REMARK);
        for (given, kept) in [
            (None, None),
            (Some(" \n "), None),
            (Some("rolled\n back\tto v38 "), Some("rolled back to v38".to_owned())),
            (Some(long.as_str()), Some(long.clone())),
            (Some(format!("{long}b").as_str()), Some(format!("{}…", "ä".repeat(LONGEST_REMARK - 1)))),
        ] {
            assert_eq!(Note::new("ada".to_owned(), given).text(), kept.as_deref());
        }
        let note = Note::new("ada".to_owned(), Some("a\nb"));
        assert_eq!(note.about(Status::Resolved), "resolved by ada: a b");
    }
}
