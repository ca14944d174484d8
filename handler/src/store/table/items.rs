//! The shape of records and helper items in the table, and changes to them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::Incident;
use incident_model::table::{
    CURRENT_RECORD_VERSION, EXPIRES_AT, INCIDENT_ID, RECORD_TYPE, RECORD_TYPE_INCIDENT, RECORD_VERSION,
};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_json::json;

use super::Item;
use crate::log;
use crate::store::{Outbox, StoreError};

/// Attribute of a helper item: the incident that it points to.
pub(super) const TARGET: &str = "leads_to";
/// Attribute of a resource's helper item: its last recovery, in milliseconds since 1970.
pub(super) const RECOVERED_AT: &str = "recovered_at";

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn count(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A string attribute of an item.
pub(super) fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

/// A number attribute of an item.
pub(super) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The attributes of every helper item: its key and version.
pub(super) fn helper(key: &str) -> Item {
    let version = count(CURRENT_RECORD_VERSION);
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

/// The item of an incident.
pub(super) fn record(incident: &Incident) -> Result<Item, StoreError> {
    let mut item: Item = to_item(incident).map_err(|error| StoreError::unusable("BrokenRecord", error))?;
    item.insert(RECORD_TYPE.to_owned(), text(RECORD_TYPE_INCIDENT));
    Ok(item)
}

/// Reads an incident; logs one that this version cannot read, and returns `None`. The log omits the error, which might
/// quote the incident.
pub(super) fn incident(item: &Item) -> Option<Incident> {
    let read = from_item(item.clone()).ok();
    if read.is_none() {
        let version = integer(item, RECORD_VERSION);
        log::line("unreadable", json!({ "incident_id": string(item, INCIDENT_ID), "record_version": version }));
    }
    read
}

/// A change of one item: its update expression and its condition.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    pub(super) condition: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

impl Changes {
    pub(super) fn new(condition: &str) -> Self {
        let condition = Some(condition.to_owned());
        Self { sets: Vec::new(), removes: Vec::new(), adds: Vec::new(), condition, names: None, values: None }
    }

    pub(super) fn named(mut self, placeholder: &str, name: &str) -> Self {
        self.names.get_or_insert_default().insert(placeholder.to_owned(), name.to_owned());
        self
    }

    pub(super) fn with(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.get_or_insert_default().insert(placeholder.to_owned(), value);
        self
    }

    /// Sets an attribute; the value's placeholder is named after it.
    pub(super) fn set(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.sets.push(format!("{attribute} = :{attribute}"));
        self.with(&format!(":{attribute}"), value)
    }

    /// Sets the item's version if missing, because an update may create the item.
    pub(super) fn versioned(self) -> Self {
        let version = count(CURRENT_RECORD_VERSION);
        self.set_expression(&format!("{RECORD_VERSION} = if_not_exists({RECORD_VERSION}, :{RECORD_VERSION})"))
            .with(&format!(":{RECORD_VERSION}"), version)
    }

    pub(super) fn set_expression(mut self, expression: &str) -> Self {
        self.sets.push(expression.to_owned());
        self
    }

    pub(super) fn add(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.adds.push(format!("{attribute} :{attribute}"));
        self.with(&format!(":{attribute}"), value)
    }

    pub(super) fn remove(mut self, path: &str) -> Self {
        self.removes.push(path.to_owned());
        self
    }

    /// Adds a condition.
    pub(super) fn only_if(mut self, condition: &str) -> Self {
        let before = self.condition.take().map(|condition| format!("({condition}) AND ")).unwrap_or_default();
        self.condition = Some(format!("{before}{condition}"));
        self
    }

    /// Sets the outbox, and removes its empty attributes.
    pub(super) fn outbox(mut self, outbox: &Outbox) -> Self {
        let due = outbox.due.map(|reason| text(reason.name()));
        let fields = [
            ("due", due),
            ("due_at", outbox.due_at.map(number)),
            ("silenced_by", outbox.silenced_by.as_deref().map(text)),
        ];
        for (attribute, value) in fields {
            match value {
                Some(value) => self = self.set(attribute, value),
                None => self = self.remove(attribute),
            }
        }
        self.set("notices", count(outbox.notices))
    }

    /// Sets all attributes about the latest failure.
    pub(super) fn showing(self, incident: &Incident) -> Self {
        let Incident { summary, recommendation, rule, error_type, error_message, last_seen_at, .. } = incident;
        let texts = [
            ("summary", Some(summary)),
            ("recommendation", Some(recommendation)),
            ("error_type", Some(error_type)),
            ("error_message", Some(error_message)),
            ("last_seen_at", Some(last_seen_at)),
            ("runbook", incident.runbook.as_ref()),
            ("console_url", incident.console_url.as_ref()),
            ("request_id", incident.request_id.as_ref()),
            ("trouble", incident.trouble.as_ref()),
        ];
        // A reserved word.
        let shown = self.named("#rule", "rule").with(":rule", text(rule)).set_expression("#rule = :rule");
        texts.into_iter().fold(shown, |changes, (attribute, value)| match value {
            Some(value) => changes.set(attribute, text(value)),
            None => changes.remove(attribute),
        })
    }

    /// Adds the condition that the outbox is as it was read.
    pub(super) fn only_if_untouched(self, read: &Incident) -> Self {
        let due_at = match read.due_at {
            Some(_) => "due_at = :read_due_at",
            None => "attribute_not_exists(due_at)",
        };
        let this = self.only_if("notices = :read_notices").only_if(due_at).with(":read_notices", count(read.notices));
        match read.due_at {
            Some(due_at) => this.with(":read_due_at", number(due_at)),
            None => this,
        }
    }

    pub(super) fn expression(&self) -> String {
        let part = |keyword: &str, parts: String| {
            if parts.is_empty() { String::new() } else { format!("{keyword} {parts} ") }
        };
        let sets = part("SET", self.sets.join(", "));
        let removes = part("REMOVE", self.removes.join(", "));
        (sets + &removes + &part("ADD", self.adds.join(", "))).trim_end().to_owned()
    }
}
