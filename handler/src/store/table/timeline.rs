//! Changes of an incident's timeline in the table: its head has the first entries, an item of its own the later ones.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use incident_model::table::timeline_key;
use incident_model::timeline::{LaterEntries, TimelineChange};
use incident_model::{Incident, TimelineEntry};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value};

use super::Table;
use super::changes::Changes;
use super::items::count;
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

    fn timeline(self, read: &Incident, change: TimelineChange) -> Result<Self, StoreError> {
        Ok(match change {
            TimelineChange::Append(entry) => {
                let changes =
                    self.set_expression("timeline = list_append(if_not_exists(timeline, :no_entries), :entry)");
                changes.with(":entry", list(&[entry])?).with(":no_entries", list(&[])?)
            }
            TimelineChange::Rewrite { entries, left_out } => self
                .set("timeline", list(&entries)?)
                .set("timeline_left_out", count(left_out))
                .only_if(
                    "size(timeline) = :read_entries AND \
                     (timeline_left_out = :read_left_out OR attribute_not_exists(timeline_left_out))",
                )
                .with(":read_entries", count(read.timeline.len() as u64))
                .with(":read_left_out", count(read.timeline_left_out)),
        })
    }
}

/// A change of a head with an entry for its timeline: one write while the head has room, a transaction of head and
/// later entries afterwards. False if the change's condition does not hold, or others write the same entries.
pub(super) async fn apply_noted(
    table: &Table,
    read: &Incident,
    changes: Changes,
    entry: TimelineEntry,
) -> Result<bool, StoreError> {
    if read.has_room_for(&entry) {
        return table.apply(&read.incident_id, changes.noted_in_head(read, &entry.at, &entry.what)?).await;
    }
    let changes = changes.mended(read)?;
    let key = timeline_key(&read.incident_id);
    let stored = table.item(&key).await?;
    let later: LaterEntries = match stored {
        Some(item) => from_item(item).map_err(|error| StoreError::unusable("BrokenTimeline", error))?,
        None => LaterEntries::default(),
    };
    let writes = vec![changes.in_transaction(&table.name, &read.incident_id)?, appended(table, &key, &later, entry)?];
    match table.transact(writes).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Adds an entry to the later ones, if they are as they were read.
fn appended(
    table: &Table,
    key: &str,
    read: &LaterEntries,
    entry: TimelineEntry,
) -> Result<TransactWriteItem, StoreError> {
    let (entries, left_out) = (read.timeline.len() as u64, read.timeline_left_out);
    let then = read.clone().with(entry);
    let unchanged = match entries {
        0 => Changes::new("attribute_not_exists(timeline)"),
        _ => Changes::new("size(timeline) = :read_entries AND timeline_left_out = :read_left_out")
            .with(":read_entries", count(entries))
            .with(":read_left_out", count(left_out)),
    };
    let changes = unchanged
        .set("timeline", list(&then.timeline)?)
        .set("timeline_left_out", count(then.timeline_left_out))
        .versioned();
    changes.in_transaction(&table.name, key)
}

fn list(entries: &[TimelineEntry]) -> Result<AttributeValue, StoreError> {
    to_attribute_value(entries).map_err(|error| StoreError::unusable("BrokenRecord", error))
}
