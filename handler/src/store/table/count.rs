//! Counting: one transaction of the incident's tally and the markers of the events; an escalation also changes the
//! head.

use incident_model::Variant;
use incident_model::table::{tally_key, timeline_key};
use incident_model::tally::Head;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use super::changes::Changes;
use super::{Table, budget, marker};
use crate::item::{number as number_of, text};
use crate::store::{Occurrence, StoreError};

pub(super) async fn count(table: &Table, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
    let id = &occurrence.read.incident_id;
    let new = occurrence.incident.new_variants(occurrence.read);
    let mut writes = vec![tallied(occurrence, &new)?.in_transaction(&table.name, &tally_key(id))?];
    for event_id in occurrence.event_ids {
        writes.push(marker::of(table, event_id, id, occurrence.now)?);
    }
    if let Some(texts) = texts(&new) {
        writes.push(texts.in_transaction(&table.name, &timeline_key(id))?);
    }
    if let Some(charge) = occurrence.charge {
        writes.push(budget::taken(table, charge)?);
    }
    if occurrence.escalation.is_some() {
        writes.push(escalated(occurrence)?.in_transaction(&table.name, id)?);
    }
    table.transact(writes).await
}

fn tallied(occurrence: &Occurrence<'_>, new: &[Variant]) -> Result<Changes, StoreError> {
    let Occurrence { read, incident, .. } = occurrence;
    let head = read.head.as_deref().cloned().unwrap_or_else(|| Head::of(read));
    let latest = to_attribute_value(head.differences(incident));
    let changes = Changes::new("attribute_not_exists(closed)")
        .add("occurrences", number_of(occurrence.failures))
        .set("last_seen_at", text(&incident.last_seen_at))
        .set("latest", latest.map_err(|error| StoreError::unusable("BrokenRecord", error))?)
        .versioned();
    let changes =
        new.iter().fold(changes, |changes, variant| changes.add(&variant.attribute(), number_of(variant.occurrences)));
    let changes = match &incident.last_failed_at {
        Some(at) => changes.set("last_failed_at", text(at)),
        None => changes,
    };
    let Some(worse_at) = occurrence.worse_at else { return Ok(changes) };
    // After this write the count must stay below the number that escalates.
    let most = worse_at.saturating_sub(1).checked_sub(head.occurrences + occurrence.failures);
    let most = most.ok_or(StoreError::Conflict)?;
    let condition = "(attribute_not_exists(occurrences) OR occurrences <= :most)";
    Ok(changes.only_if(condition).with(":most", number_of(most)))
}

/// The texts of variants that the incident had not yet, beside its timeline.
fn texts(new: &[Variant]) -> Option<Changes> {
    let mut new = new.iter().filter(|variant| !variant.message.is_empty()).peekable();
    new.peek()?;
    let set = |changes: Changes, variant: &Variant| changes.set(&variant.attribute(), text(&variant.message));
    Some(new.fold(Changes::default(), set).versioned())
}

fn escalated(occurrence: &Occurrence<'_>) -> Result<Changes, StoreError> {
    let Occurrence { read, incident, escalation, .. } = occurrence;
    let severity = incident.severity;
    let changes = Changes::default()
        .only_if_unresolved()
        .only_if_untouched(read)
        .only_if("severity = :read_severity")
        .with(":read_severity", text(read.severity.name()))
        .set("severity", text(severity.name()));
    let changes = match escalation {
        Some(outbox) => changes.outbox(outbox, severity, read.status),
        None => changes,
    };
    changes.noted_in_head(read, &incident.last_seen_at, &format!("escalated to {severity}"))
}
