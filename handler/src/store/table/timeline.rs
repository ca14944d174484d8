//! Changes of an incident's timeline in the table: its head has the first entries, an item of its own the later ones.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::table::timeline_key;
use incident_model::timeline::{LaterEntries, TimelineChange};
use incident_model::{Incident, TimelineEntry};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value};
use serde_json::json;

use super::Table;
use super::changes::Changes;
use crate::item::number;
use crate::log;
use crate::store::StoreError;

impl Changes {
    /// Adds an entry to the timeline in the head, whether or not the head has room. For a full one the change also
    /// requires it to be unchanged.
    pub(super) fn noted_in_head(self, read: &Incident, at: &str, what: &str) -> Result<Self, StoreError> {
        self.timeline(read, read.timeline_with(TimelineEntry::new(at, what)))
    }

    /// Shortens a timeline that filled up the item.
    pub(super) fn mended(self, read: &Incident) -> Result<Self, StoreError> {
        match read.timeline_mended() {
            Some(change) => self.timeline(read, change),
            None => Ok(self),
        }
    }

    /// Adds entries to the timeline in a head that has room.
    fn appended(self, entries: &[TimelineEntry]) -> Result<Self, StoreError> {
        let changes = self.set_expression("timeline = list_append(if_not_exists(timeline, :no_entries), :entries)");
        Ok(changes.with(":entries", list(entries)?).with(":no_entries", list(&[])?))
    }

    fn timeline(self, read: &Incident, change: TimelineChange) -> Result<Self, StoreError> {
        Ok(match change {
            TimelineChange::Append(entry) => self.appended(&[entry])?,
            TimelineChange::Rewrite { entries, left_out } => self
                .set("timeline", list(&entries)?)
                .set("timeline_left_out", number(left_out))
                .only_if(
                    "size(timeline) = :read_entries AND \
                     (timeline_left_out = :read_left_out OR attribute_not_exists(timeline_left_out))",
                )
                .with(":read_entries", number(read.timeline.len() as u64))
                .with(":read_left_out", number(read.timeline_left_out)),
        })
    }
}

/// Attempts at adding a later entry while others add theirs.
const ATTEMPTS: usize = 5;

/// A change of a head with entries for its timeline: in the same write while the head has room, in an item of its own
/// afterwards. False if the change's condition does not hold.
pub(super) async fn apply_noted(
    table: &Table,
    read: &Incident,
    changes: Changes,
    entries: &[TimelineEntry],
) -> Result<bool, StoreError> {
    if has_room(read, entries) {
        return table.apply(&read.incident_id, changes.appended(entries)?).await;
    }
    let is_applied = table.apply(&read.incident_id, changes.mended(read)?).await?;
    for entry in entries.iter().filter(|_| is_applied) {
        // A history that lacks an entry is no reason to repeat a mail.
        if let Err(error) = note_later(table, &read.incident_id, entry).await {
            log::line("not-noted", json!({ "incident_id": read.incident_id, "error": error.to_string() }));
        }
    }
    Ok(is_applied)
}

/// Adds an entry without another change.
pub(super) async fn note(table: &Table, read: &Incident, entry: TimelineEntry) -> Result<(), StoreError> {
    if !read.has_room_for(&entry) {
        return note_later(table, &read.incident_id, &entry).await;
    }
    let changes = Changes::new("attribute_exists(incident_id)").noted_in_head(read, &entry.at, &entry.what)?;
    table.apply(&read.incident_id, changes).await.map(drop)
}

/// Whether the head has room for all of these entries, and nothing to mend.
fn has_room(read: &Incident, entries: &[TimelineEntry]) -> bool {
    let mut then = read.clone();
    let fit = entries.iter().all(|entry| {
        let has_room = then.has_room_for(entry);
        then.note(entry.clone());
        has_room
    });
    fit && read.timeline_mended().is_none()
}

/// Adds an entry to the later ones.
async fn note_later(table: &Table, incident_id: &str, entry: &TimelineEntry) -> Result<(), StoreError> {
    let key = timeline_key(incident_id);
    for _ in 0..ATTEMPTS {
        let later: LaterEntries = match table.item(&key).await? {
            Some(item) => from_item(item).map_err(|error| StoreError::unusable("BrokenTimeline", error))?,
            None => LaterEntries::default(),
        };
        if table.apply(&key, later_with(&later, entry)?).await? {
            return Ok(());
        }
    }
    Err(StoreError::Conflict)
}

/// Adds an entry to the later ones, if they are as they were read. The command line writes them, too.
fn later_with(read: &LaterEntries, entry: &TimelineEntry) -> Result<Changes, StoreError> {
    let (entries, left_out) = (read.timeline.len() as u64, read.timeline_left_out);
    let then = read.clone().with(entry.clone());
    let unchanged = match entries {
        0 => Changes::new("attribute_not_exists(timeline)"),
        _ => Changes::new("size(timeline) = :read_entries").with(":read_entries", number(entries)),
    };
    let unchanged = match left_out {
        0 => unchanged.only_if("(attribute_not_exists(timeline_left_out) OR timeline_left_out = :read_left_out)"),
        _ => unchanged.only_if("timeline_left_out = :read_left_out"),
    };
    Ok(unchanged
        .with(":read_left_out", number(left_out))
        .set("timeline", list(&then.timeline)?)
        .set("timeline_left_out", number(then.timeline_left_out))
        .versioned())
}

fn list(entries: &[TimelineEntry]) -> Result<AttributeValue, StoreError> {
    to_attribute_value(entries).map_err(|error| StoreError::unusable("BrokenRecord", error))
}
