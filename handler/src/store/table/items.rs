//! How records and helper items look in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::Incident;
use incident_model::table::{EXPIRES_AT, INCIDENT_ID, RECORD_TYPE, RECORD_TYPE_INCIDENT};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::store::{StoreError, Stored};

/// Attribute of a helper item that names the incident it leads to.
pub(super) const TARGET: &str = "leads_to";

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An item that leads from a key to an incident.
pub(super) fn pointer(key: &str, incident_id: &str, expires_at: Option<i64>) -> HashMap<String, AttributeValue> {
    let mut item = HashMap::from([(INCIDENT_ID.to_owned(), text(key)), (TARGET.to_owned(), text(incident_id))]);
    if let Some(expires_at) = expires_at {
        item.insert(EXPIRES_AT.to_owned(), number(expires_at));
    }
    item
}

/// A new incident, whose mail its opener holds the lease on.
pub(super) fn incident(incident: &Incident, lease_until: i64) -> Result<HashMap<String, AttributeValue>, StoreError> {
    let mut item: HashMap<String, AttributeValue> =
        to_item(incident).map_err(|error| StoreError::unusable("BrokenRecord", error))?;
    item.insert(RECORD_TYPE.to_owned(), text(RECORD_TYPE_INCIDENT));
    item.insert("mail_lease".to_owned(), number(lease_until));
    Ok(item)
}

/// Reads an incident.
pub(super) fn stored(item: HashMap<String, AttributeValue>) -> Result<Stored, StoreError> {
    let attribute = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let (recovered_by, recovery_notified_at) = (attribute("recovered_by"), attribute("recovery_notified_at"));
    let incident = from_item(item).map_err(|error| StoreError::unusable("BrokenRecord", error))?;
    Ok(Stored { incident, recovered_by, recovery_notified_at })
}

/// A list of one entry, to be appended to a timeline.
pub(super) fn timeline_entry(at: &str, what: &str) -> AttributeValue {
    let entry = HashMap::from([("at".to_owned(), text(at)), ("what".to_owned(), text(what))]);
    AttributeValue::L(vec![AttributeValue::M(entry)])
}
