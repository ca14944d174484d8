//! Changes of an incident's timeline in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::timeline::TimelineChange;
use incident_model::{Incident, TimelineEntry};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use super::items::{Changes, count};
use crate::store::StoreError;

impl Changes {
    /// Adds an entry to the timeline of an incident as it was read. For a full timeline the change also requires it to
    /// be unchanged.
    pub(super) fn noted(self, read: &Incident, at: &str, what: &str) -> Result<Self, StoreError> {
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

fn list(entries: &[TimelineEntry]) -> Result<AttributeValue, StoreError> {
    to_attribute_value(entries).map_err(|error| StoreError::unusable("BrokenRecord", error))
}
