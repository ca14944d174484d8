//! The shape of records and helper items in the table.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use incident_model::table::{
    CURRENT_RECORD_VERSION, DUE_AT, DUE_QUEUE, EXPIRES_AT, INCIDENT_ID, MONTH, NEVER_DUE, RECORD_TYPE,
    RECORD_TYPE_INCIDENT, RECORD_VERSION, month_of,
};
use incident_model::tally::Tally;
use incident_model::{Incident, Status};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_json::json;

use crate::item::{Item, integer, number, string, text};
use crate::log;
use crate::store::StoreError;

/// Attribute of a helper item: the incident that it points to.
pub(super) const TARGET: &str = "leads_to";
/// Attribute of a resource's helper item: its last recovery, in milliseconds since 1970.
pub(super) const RECOVERED_AT: &str = "recovered_at";

/// The attributes of every helper item: its key and version.
pub(super) fn helper(key: &str) -> Item {
    let version = number(CURRENT_RECORD_VERSION);
    HashMap::from([(INCIDENT_ID.to_owned(), text(key)), (RECORD_VERSION.to_owned(), version)])
}

/// An item that points from a key to an incident.
pub(super) fn pointer(key: &str, incident_id: &str, expires_at: Option<i64>) -> Item {
    let mut item = helper(key);
    item.insert(TARGET.to_owned(), text(incident_id));
    if let Some(expires_at) = expires_at {
        item.insert(EXPIRES_AT.to_owned(), number(expires_at));
    }
    item
}

/// The head of a new incident. Its analysis has an item of its own.
pub(super) fn head(incident: &Incident) -> Result<Item, StoreError> {
    let mut item: Item = to_item(incident).map_err(|error| StoreError::unusable("BrokenRecord", error))?;
    item.remove("analysis");
    item.insert(RECORD_TYPE.to_owned(), text(RECORD_TYPE_INCIDENT));
    item.insert(MONTH.to_owned(), text(&month_of(&incident.created_at)));
    if let Some(due_at) = due_time(incident.due_at, incident.status) {
        item.insert(DUE_QUEUE.to_owned(), text(incident.severity.queue()));
        item.insert(DUE_AT.to_owned(), number(due_at));
    }
    Ok(item)
}

/// The time under which an incident is in the index of what needs attention; `None` if it needs none.
pub(super) fn due_time(due_at: Option<i64>, status: Status) -> Option<i64> {
    due_at.or((status != Status::Resolved).then_some(NEVER_DUE))
}

/// Reads an incident from its head and its tally; logs one that this version cannot read, and returns `None`. The log
/// omits the error, which might quote the incident.
pub(super) fn incident(head: &Item, tally: Option<&Item>) -> Option<Incident> {
    let Ok(incident) = from_item::<Incident>(head.clone()) else {
        unreadable(head);
        return None;
    };
    let tally: Option<Tally> = tally.and_then(|item| {
        let tally = from_item(item.clone()).ok();
        if tally.is_none() {
            unreadable(item);
        }
        tally
    });
    Some(incident.with_tally(tally.as_ref()))
}

fn unreadable(item: &Item) {
    let version = integer::<i64>(item, RECORD_VERSION);
    log::line("unreadable", json!({ "incident_id": string(item, INCIDENT_ID), "record_version": version }));
}
