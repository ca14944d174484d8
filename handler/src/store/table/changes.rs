//! Changes of one item: an update expression and its condition.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use incident_model::table::{
    CURRENT_RECORD_VERSION, DUE_AT, DUE_QUEUE, INCIDENT_ID, NEVER_DUE, RECORD_VERSION, RESOLVED_AT,
};
use incident_model::{Incident, Severity, Status};

use super::items::due_time;
use crate::item::{Item, number, text};
use crate::store::{Outbox, StoreError};

/// A change of one item: its update expression and its condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    condition: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<Item>,
}

impl Changes {
    /// No change, under a condition.
    pub(super) fn new(condition: &str) -> Self {
        Self { condition: Some(condition.to_owned()), ..Self::default() }
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
        let version = number(CURRENT_RECORD_VERSION);
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

    /// Sets the outbox of an incident of this severity and status, and removes its empty attributes.
    pub(super) fn outbox(mut self, outbox: &Outbox, severity: Severity, status: Status) -> Self {
        let due = outbox.due.map(|reason| text(reason.name()));
        let due_at = due_time(outbox.due_at, status);
        let fields = [
            ("due", due),
            (DUE_AT, due_at.map(number)),
            (DUE_QUEUE, due_at.map(|_| text(severity.queue()))),
            ("silenced_by", outbox.silenced_by.as_deref().map(text)),
        ];
        for (attribute, value) in fields {
            match value {
                Some(value) => self = self.set(attribute, value),
                None => self = self.remove(attribute),
            }
        }
        self.set("notices", number(outbox.notices))
    }

    /// Takes the pending notice, if any, out of the outbox.
    pub(super) fn without_notice(self) -> Self {
        self.remove("due").remove(DUE_AT).remove(DUE_QUEUE).remove("silenced_by")
    }

    /// Adds the condition that it was not resolved.
    pub(super) fn only_if_unresolved(self) -> Self {
        self.only_if("attribute_exists(incident_id) AND #status <> :resolved")
            .named("#status", "status")
            .with(":resolved", text(Status::Resolved.name()))
    }

    /// Resolves.
    pub(super) fn resolved(self, at: &str) -> Self {
        self.named("#status", "status")
            .with(":resolved", text(Status::Resolved.name()))
            .set_expression("#status = :resolved")
            .set(RESOLVED_AT, text(at))
    }

    /// Adds the condition that the outbox is as it was read.
    pub(super) fn only_if_untouched(self, read: &Incident) -> Self {
        let this = self.only_if("notices = :read_notices").with(":read_notices", number(read.notices));
        match read.due_at {
            Some(due_at) => this.only_if("due_at = :read_due_at").with(":read_due_at", number(due_at)),
            None => this.only_if("(attribute_not_exists(due_at) OR due_at = :never)").with(":never", number(NEVER_DUE)),
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

    /// As a write of a transaction, to the item with a key.
    pub(super) fn in_transaction(self, table: &str, key: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(table)
            .key(INCIDENT_ID, text(key))
            .update_expression(self.expression())
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(self.names)
            .set_expression_attribute_values(self.values);
        Ok(TransactWriteItem::builder().update(built(update.build())?).build())
    }

    /// As a write of its own, to the item with a key.
    pub(super) fn alone(self, client: &Client, table: &str, key: &str) -> UpdateItemFluentBuilder {
        let expression = self.expression();
        client
            .update_item()
            .table_name(table)
            .key(INCIDENT_ID, text(key))
            .update_expression(expression)
            .set_condition_expression(self.condition)
            .set_expression_attribute_names(self.names)
            .set_expression_attribute_values(self.values)
    }
}

/// A builder's error for a missing required member, which no input can cause.
pub(super) fn built<T>(result: Result<T, aws_sdk_dynamodb::error::BuildError>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::unusable("BrokenRequest", error))
}
