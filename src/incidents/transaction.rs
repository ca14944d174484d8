//! A change of an incident's status as one transaction over its items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use incident_model::timeline::{FIRST, LAST, TimelineChange};
use incident_model::{Status, TimelineEntry, table};

use super::change::Stored;
use super::filter::text;
use super::{Incidents, IncidentsError};
use incident_deploy::aws::{AwsError, Explain};

const CALL: &str = "dynamodb:TransactWriteItems";
/// Reasons to read and try again
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const PASSING: [&str; 5] =
    ["None", "ConditionalCheckFailed", "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];

/// A new status, and the entry about it in the timeline.
pub(super) struct Mark<'a> {
    /// What it was read from.
    pub(super) stored: &'a Stored,
    /// The new status.
    pub(super) to: Status,
    /// When, RFC 3339 in UTC.
    pub(super) at: &'a str,
    /// For the timeline.
    pub(super) entry: &'a TimelineEntry,
    /// The remark of whoever makes the change.
    pub(super) remark: Option<&'a str>,
}

impl Incidents {
    /// Writes a change; `false` if what it was read from has changed.
    pub(super) async fn write(&self, mark: &Mark<'_>) -> Result<bool, IncidentsError> {
        let id = &mark.stored.head.incident_id;
        let head = mark.head()?;
        let mut writes = vec![head.update(&self.table, id)?];
        if !mark.fits_head() {
            writes.push(mark.later()?.update(&self.table, &table::timeline_key(id))?);
        }
        if mark.to == Status::Resolved {
            writes.push(closed().update(&self.table, &table::tally_key(id))?);
        }
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await.explain(CALL) {
            Ok(_) => Ok(true),
            Err(error) if is_passing(&error) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }
}

/// Whether a transaction failed only because of other writes.
fn is_passing(error: &AwsError) -> bool {
    if !error.is("TransactionCanceledException") {
        return error.is("TransactionInProgressException");
    }
    let reasons = error.message.rsplit_once('[').and_then(|(_, rest)| rest.split_once(']'));
    reasons.is_some_and(|(reasons, _)| reasons.split(',').all(|reason| PASSING.contains(&reason.trim())))
}

impl Mark<'_> {
    /// Whether the entry belongs to the head. One whose timeline an older version let grow is mended instead.
    fn fits_head(&self) -> bool {
        self.stored.head.has_room_for(self.entry) && self.stored.head.timeline_mended().is_none()
    }

    fn head(&self) -> Result<Write, IncidentsError> {
        let mut write = Write::default();
        write.set("#status", "status", "#status = :status", ":status", text(self.to.name()));
        write.value(":at", text(self.at));
        write.conditions.push(format!("attribute_exists({})", table::INCIDENT_ID));
        match self.to {
            Status::Resolved => {
                write.sets.push(format!("{} = :at", table::RESOLVED_AT));
                write.conditions.push("#status <> :status".to_owned());
                write.removed = ["due", table::DUE_AT, table::DUE_QUEUE, "silenced_by"].to_vec();
                if let Some(remark) = self.remark {
                    write.sets.push("resolution_note = :remark".to_owned());
                    write.value(":remark", text(remark));
                }
            }
            _ => {
                write.sets.push(format!("{0} = if_not_exists({0}, :at)", table::ACKNOWLEDGED_AT));
                write.conditions.push("#status = :read".to_owned());
                write.value(":read", text(self.stored.head.status.name()));
            }
        }
        match self.stored.head.timeline_mended() {
            Some(TimelineChange::Rewrite { entries, left_out }) => {
                let head = &self.stored.head;
                write.replace(&entries, left_out, (head.timeline.len(), head.timeline_left_out))?;
            }
            _ if self.fits_head() => write.append(self.entry, FIRST)?,
            _ => {}
        }
        Ok(write)
    }

    /// The later entries with this one.
    fn later(&self) -> Result<Write, IncidentsError> {
        let later = &self.stored.later;
        let mut write = versioned();
        if later.timeline.len() < LAST {
            write.append(self.entry, LAST)?;
            write.sets.push("timeline_left_out = if_not_exists(timeline_left_out, :none_left_out)".to_owned());
            write.value(":none_left_out", number(0));
        } else {
            let with = later.clone().with(self.entry.clone());
            let read = (later.timeline.len(), later.timeline_left_out);
            write.replace(&with.timeline, with.timeline_left_out, read)?;
        }
        Ok(write)
    }
}

/// The tally of an incident that is over.
fn closed() -> Write {
    let mut write = versioned();
    write.set("#closed", "closed", "#closed = :closed", ":closed", AttributeValue::Bool(true));
    write
}

/// A write that may create the item.
fn versioned() -> Write {
    let mut write = Write::default();
    write.sets.push(format!("{0} = if_not_exists({0}, :version)", table::RECORD_VERSION));
    write.value(":version", number(table::CURRENT_RECORD_VERSION));
    write
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The expressions of an update.
#[derive(Debug, Clone, Default, PartialEq)]
struct Write {
    sets: Vec<String>,
    removed: Vec<&'static str>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Write {
    fn set(&mut self, name: &str, attribute: &str, set: &str, placeholder: &str, value: AttributeValue) {
        self.names.insert(name.to_owned(), attribute.to_owned());
        self.sets.push(set.to_owned());
        self.value(placeholder, value);
    }

    fn value(&mut self, name: &str, value: AttributeValue) {
        self.values.insert(name.to_owned(), value);
    }

    /// Appends to a timeline with fewer entries than this.
    fn append(&mut self, entry: &TimelineEntry, most: usize) -> Result<(), IncidentsError> {
        let entries = "#timeline = list_append(if_not_exists(#timeline, :none), :entry)";
        self.set("#timeline", "timeline", entries, ":entry", listed(&[entry])?);
        self.value(":none", AttributeValue::L(Vec::new()));
        self.value(":most", number(most as u64));
        self.conditions.push("(attribute_not_exists(#timeline) OR size(#timeline) < :most)".to_owned());
        Ok(())
    }

    /// Replaces a timeline that still is as it was read: its entries, and how many it left out.
    fn replace(
        &mut self,
        entries: &[TimelineEntry],
        left_out: u64,
        (read, read_left_out): (usize, u64),
    ) -> Result<(), IncidentsError> {
        self.set("#timeline", "timeline", "#timeline = :entries", ":entries", listed(entries)?);
        self.sets.push("timeline_left_out = :left_out".to_owned());
        self.value(":left_out", number(left_out));
        self.value(":read_entries", number(read as u64));
        self.conditions.push("size(#timeline) = :read_entries".to_owned());
        self.value(":read_left_out", number(read_left_out));
        let same = "(timeline_left_out = :read_left_out OR attribute_not_exists(timeline_left_out))";
        self.conditions.push(same.to_owned());
        Ok(())
    }

    fn update(self, table: &str, key: &str) -> Result<TransactWriteItem, IncidentsError> {
        let removed = match self.removed.as_slice() {
            [] => String::new(),
            removed => format!(" REMOVE {}", removed.join(", ")),
        };
        let conditions = Some(self.conditions.join(" AND ")).filter(|conditions| !conditions.is_empty());
        let update = Update::builder()
            .table_name(table)
            .key(table::INCIDENT_ID, text(key))
            .update_expression(format!("SET {}{removed}", self.sets.join(", ")))
            .set_condition_expression(conditions)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .build();
        let incomplete = |error: aws_sdk_dynamodb::error::BuildError| {
            IncidentsError::Aws(AwsError::new(CALL, "Incomplete", error.to_string()))
        };
        Ok(TransactWriteItem::builder().update(update.map_err(incomplete)?).build())
    }
}

fn listed<T: serde::Serialize>(entries: &[T]) -> Result<AttributeValue, IncidentsError> {
    serde_dynamo::to_attribute_value(entries).map_err(IncidentsError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_writes_are_a_reason_to_try_again() {
        let cancelled = "Transaction cancelled, please refer cancellation reasons for specific reasons";
        for (code, reasons, expected) in [
            ("TransactionCanceledException", "[ConditionalCheckFailed, None]", true),
            ("TransactionCanceledException", "[None, TransactionConflict, ThrottlingError]", true),
            ("TransactionCanceledException", "[ConditionalCheckFailed, ValidationError]", false),
            ("TransactionCanceledException", "", false),
            ("TransactionInProgressException", "", true),
            ("AccessDeniedException", "[None]", false),
        ] {
            let error = AwsError::new(CALL, code, format!("{cancelled} {reasons}"));
            assert_eq!(is_passing(&error), expected, "{code} {reasons}");
        }
    }
}
