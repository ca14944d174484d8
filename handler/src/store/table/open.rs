//! Opening an incident: one transaction of its head, the markers of its events, and the items that point to it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use incident_model::table::{CALENDAR, MONTHS, alarm_of_function_key, month_of, open_key, tally_key, trouble_key};
use incident_model::{Incident, Status};

use super::changes::{Changes, built};
use super::items::{RECOVERED_AT, head, pointer};
use super::{Table, budget, marker};
use crate::item::{Item, number, text};
use crate::store::{Opening, StoreError};

pub(super) async fn open(table: &Table, opening: &Opening<'_>) -> Result<(), StoreError> {
    let Opening { incident, snapshot, .. } = opening;
    let id = &incident.incident_id;
    let (before, trouble) = (snapshot.open_pointer.as_deref(), &snapshot.trouble_pointer);
    let mut of_trouble = pointer(&trouble_key(incident.place(), &incident.source, incident.trouble()), id, None);
    if let Some(at) = trouble.recovered_at {
        of_trouble.insert(RECOVERED_AT.to_owned(), number(at));
    }
    let of_fingerprint = pointer(&open_key(incident.place(), &incident.fingerprint), id, None);
    let record = put(table, head(incident)?).condition_expression("attribute_not_exists(incident_id)");
    let mut writes = vec![
        written(record)?,
        repointed(table, of_fingerprint, before, None)?,
        repointed(table, of_trouble, trouble.leads_to.as_deref(), trouble.recovered_at)?,
    ];
    for event_id in opening.event_ids {
        writes.push(marker::of(table, event_id, id, opening.now)?);
    }
    if let Some(charge) = opening.charge {
        writes.push(budget::taken(table, charge)?);
    }
    let month = month_of(&incident.created_at);
    if !table.months.has(&month) {
        writes.push(in_calendar(table, &month)?);
    }
    if let (true, Some(before)) = (opening.withdraws, &snapshot.newest) {
        writes.push(withdrawn(table, before)?);
    }
    for subject in opening.alarm_on {
        let of_subject = pointer(&alarm_of_function_key(incident.place(), subject), id, None);
        writes.push(written(put(table, of_subject))?);
    }
    if let (Some(_), Some(alarm)) = (&incident.explains_incident_id, &snapshot.alarm_of_subject) {
        writes.extend(explained(table, alarm, incident)?);
    }
    table.transact(writes).await?;
    table.months.remember(&month);
    Ok(())
}

/// Points a key to an incident, unless another incident or a recovery arrived since it was read.
fn repointed(
    table: &Table,
    item: Item,
    before: Option<&str>,
    recovered: Option<i64>,
) -> Result<TransactWriteItem, StoreError> {
    let put = put(table, item);
    let (leads, put) = match before {
        None => ("attribute_not_exists(leads_to)", put),
        Some(before) => ("leads_to = :before", put.expression_attribute_values(":before", text(before))),
    };
    let (recovers, put) = match recovered {
        None => ("attribute_not_exists(recovered_at)", put),
        Some(at) => ("recovered_at = :recovered", put.expression_attribute_values(":recovered", number(at))),
    };
    written(put.condition_expression(format!("{leads} AND {recovers}")))
}

/// Adds a month to the calendar, where readers find it.
fn in_calendar(table: &Table, month: &str) -> Result<TransactWriteItem, StoreError> {
    let months = AttributeValue::Ss(vec![month.to_owned()]);
    Changes::default().add(MONTHS, months).versioned().in_transaction(&table.name, CALENDAR)
}

/// Withdraws an incident's pending notice. Harmless if it was sent in the meantime.
fn withdrawn(table: &Table, before: &Incident) -> Result<TransactWriteItem, StoreError> {
    Changes::default().without_notice().in_transaction(&table.name, &before.incident_id)
}

/// Resolves the incident of an alarm in favour of the one with the cause.
fn explained(table: &Table, alarm: &Incident, cause: &Incident) -> Result<[TransactWriteItem; 2], StoreError> {
    let what = format!("resolved: explained by {}", cause.incident_id);
    let changes = Changes::new("#status = :open")
        .with(":open", text(Status::Open.name()))
        .resolved(&cause.created_at)
        .noted_in_head(alarm, &cause.created_at, &what)?
        .without_notice();
    Ok([changes.in_transaction(&table.name, &alarm.incident_id)?, closed(table, alarm)?])
}

/// Closes the tally of an incident, so that nothing is counted for it any more, unless something was since it was read.
pub(super) fn closed(table: &Table, read: &Incident) -> Result<TransactWriteItem, StoreError> {
    let in_head = read.head.as_ref().map_or(read.occurrences, |head| head.occurrences);
    let uncounted = match read.occurrences.saturating_sub(in_head) {
        0 => Changes::new("attribute_not_exists(occurrences)"),
        counted => Changes::new("occurrences = :counted").with(":counted", number(counted)),
    };
    let changes = uncounted.set("closed", AttributeValue::Bool(true)).versioned();
    changes.in_transaction(&table.name, &tally_key(&read.incident_id))
}

fn put(table: &Table, item: HashMap<String, AttributeValue>) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    Put::builder().table_name(&table.name).set_item(Some(item))
}

fn written(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().put(built(put.build())?).build())
}
