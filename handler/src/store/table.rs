//! The incident table in DynamoDB.

mod items;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use incident_model::table::{EXPIRES_AT, INCIDENT_ID, INDEX_BY_STATUS, event_key, open_key, open_resource_key};
use incident_model::{Incident, Status};

use super::{Occurrence, Opening, Store, StoreError, Stored, kind};
use items::{TARGET, number, pointer, text, timeline_entry};

/// How long the marker of a counted event is kept. EventBridge delivers again for at most a day, Lambda for six hours.
const MARKER_DAYS: i64 = 7;
const DAY: i64 = 24 * 60 * 60;
/// How long the self-check's item is kept.
const CHECK_SECONDS: i64 = 60 * 60;

type Item = HashMap<String, AttributeValue>;

/// The incident table.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// A table that this function may read and write.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Whether an item can be written and read.
    ///
    /// # Errors
    /// AWS's code and message.
    pub async fn check(&self, now: i64) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .item(INCIDENT_ID, text("self-check"))
            .item(EXPIRES_AT, number(now + CHECK_SECONDS));
        put.send().await.map_err(|error| refused(&error))?;
        match self.item("self-check").await? {
            Some(_) => Ok(()),
            None => Err(StoreError::unusable("ItemMissing", "an item that was written cannot be read")),
        }
    }

    async fn item(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.name).key(INCIDENT_ID, text(key)).consistent_read(true);
        Ok(get.send().await.map_err(|error| refused(&error))?.item)
    }

    async fn target(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.item(key).await?.and_then(|item| item.get(TARGET)?.as_s().ok().cloned()))
    }

    async fn followed(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        match self.target(key).await? {
            Some(incident_id) => self.incident(&incident_id).await,
            None => Ok(None),
        }
    }

    async fn unsent_in(&self, status: Status, since: &str) -> Result<Vec<Incident>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX_BY_STATUS)
            .key_condition_expression("#status = :status AND last_seen_at >= :since")
            .filter_expression("attribute_not_exists(notified_at)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(status.name()))
            .expression_attribute_values(":since", text(since));
        let mut items = query.into_paginator().items().send();
        let mut incidents = Vec::new();
        while let Some(item) = items.next().await {
            incidents.push(items::stored(item.map_err(|error| refused(&error))?)?.incident);
        }
        Ok(incidents)
    }

    fn put(&self, item: Item) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, StoreError> {
        Ok(Put::builder().table_name(&self.name).set_item(Some(item)))
    }

    /// The item that keeps an event from being counted twice.
    fn marker(&self, event_id: &str, incident_id: &str, now: i64) -> Result<TransactWriteItem, StoreError> {
        let item = pointer(&event_key(event_id), incident_id, Some(now + MARKER_DAYS * DAY));
        let put = self.put(item)?.condition_expression("attribute_not_exists(incident_id)");
        Ok(TransactWriteItem::builder().put(built(put.build())?).build())
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map(drop).map_err(|error| not_transacted(&error))
    }

    fn update(&self, incident_id: &str) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key(INCIDENT_ID, text(incident_id))
    }
}

impl Store for Table {
    async fn counted(&self, event_id: &str) -> Result<Option<String>, StoreError> {
        self.target(&event_key(event_id)).await
    }

    async fn newest(&self, fingerprint: &str) -> Result<Option<Stored>, StoreError> {
        self.followed(&open_key(fingerprint)).await
    }

    async fn newest_of_resource(&self, source: &str, resource: &str) -> Result<Option<Stored>, StoreError> {
        self.followed(&open_resource_key(source, resource)).await
    }

    async fn incident(&self, incident_id: &str) -> Result<Option<Stored>, StoreError> {
        self.item(incident_id).await?.map(items::stored).transpose()
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        let incident = opening.incident;
        let id = &incident.incident_id;
        let pointer_is_as_read = match opening.replaced {
            None => self
                .put(pointer(&open_key(&incident.fingerprint), id, None))?
                .condition_expression("attribute_not_exists(incident_id)"),
            Some(replaced) => self
                .put(pointer(&open_key(&incident.fingerprint), id, None))?
                .condition_expression("leads_to = :replaced")
                .expression_attribute_values(":replaced", text(replaced)),
        };
        let of_resource = self.put(pointer(&open_resource_key(&incident.source, &incident.resource), id, None))?;
        let record = self
            .put(items::incident(incident, opening.lease_until)?)?
            .condition_expression("attribute_not_exists(incident_id)");
        self.transact(vec![
            self.marker(opening.event_id, id, opening.now)?,
            TransactWriteItem::builder().put(built(pointer_is_as_read.build())?).build(),
            TransactWriteItem::builder().put(built(of_resource.build())?).build(),
            TransactWriteItem::builder().put(built(record.build())?).build(),
        ])
        .await
    }

    async fn count(&self, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
        let seen = occurrence.observation;
        let mut update = Update::builder()
            .table_name(&self.name)
            .key(INCIDENT_ID, text(occurrence.incident_id))
            .condition_expression("attribute_exists(incident_id) AND #status <> :resolved")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":resolved", text("resolved"))
            .expression_attribute_values(":at", text(occurrence.at))
            .expression_attribute_values(":message", text(&seen.error_message))
            .expression_attribute_values(":one", number(1));
        let mut changes = "SET last_seen_at = :at, error_message = :message".to_owned();
        if let Some(request_id) = &seen.request_id {
            changes.push_str(", request_id = :request");
            update = update.expression_attribute_values(":request", text(request_id));
        }
        let update = update.update_expression(changes + " ADD occurrences :one");
        self.transact(vec![
            self.marker(occurrence.event_id, occurrence.incident_id, occurrence.now)?,
            TransactWriteItem::builder().update(built(update.build())?).build(),
        ])
        .await
    }

    async fn unsent(&self, since: &str) -> Result<Vec<Incident>, StoreError> {
        let (open, acknowledged) =
            tokio::join!(self.unsent_in(Status::Open, since), self.unsent_in(Status::Acknowledged, since),);
        Ok([open?, acknowledged?].concat())
    }

    async fn claim(&self, incident_id: &str, now: i64, until: i64) -> Result<bool, StoreError> {
        let update = self
            .update(incident_id)
            .update_expression("SET mail_lease = :until")
            .condition_expression(
                "attribute_not_exists(notified_at) AND (attribute_not_exists(mail_lease) OR mail_lease < :now)",
            )
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":now", number(now));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_condition(&error) => Ok(false),
            Err(error) => Err(refused(&error)),
        }
    }

    async fn release(&self, incident_id: &str) -> Result<(), StoreError> {
        let update = self.update(incident_id).update_expression("REMOVE mail_lease");
        update.send().await.map(drop).map_err(|error| refused(&error))
    }

    async fn mark_notified(&self, incident_id: &str, at: &str) -> Result<(), StoreError> {
        let update = self
            .update(incident_id)
            .update_expression("SET notified_at = :at, timeline = list_append(timeline, :entry) REMOVE mail_lease")
            .condition_expression("attribute_exists(incident_id)")
            .expression_attribute_values(":at", text(at))
            .expression_attribute_values(":entry", timeline_entry(at, "notified"));
        update.send().await.map(drop).map_err(|error| refused(&error))
    }

    async fn resolve(&self, incident_id: &str, event_id: &str, at: &str) -> Result<(), StoreError> {
        let update = self
            .update(incident_id)
            .update_expression(
                "SET #status = :resolved, recovered_by = :event, timeline = list_append(timeline, :entry)",
            )
            .condition_expression("attribute_exists(incident_id) AND #status <> :resolved")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":resolved", text("resolved"))
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":entry", timeline_entry(at, "recovered"));
        update.send().await.map(drop).map_err(|error| refused(&error))
    }

    async fn mark_recovery_notified(&self, incident_id: &str, at: &str) -> Result<(), StoreError> {
        let update = self
            .update(incident_id)
            .update_expression("SET recovery_notified_at = :at, timeline = list_append(timeline, :entry)")
            .expression_attribute_values(":at", text(at))
            .expression_attribute_values(":entry", timeline_entry(at, "recovery notified"));
        update.send().await.map(drop).map_err(|error| refused(&error))
    }
}

/// What a builder says when a required member is missing, which no input can bring about.
fn built<T>(result: Result<T, aws_sdk_dynamodb::error::BuildError>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::unusable("BrokenRequest", error))
}

fn is_condition<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> StoreError {
    if is_condition(error) || error.code() == Some("TransactionConflictException") {
        return StoreError::Conflict;
    }
    StoreError::unusable(error.code().unwrap_or(kind(error)), error.message().unwrap_or("no answer from DynamoDB"))
}

/// A transaction is cancelled for a condition or for another transaction on the same items; both mean to decide anew.
/// So does an answer that was lost: the marker will tell whether the transaction happened.
fn not_transacted(error: &SdkError<TransactWriteItemsError>) -> StoreError {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => return StoreError::Conflict,
        _ => return refused(error),
    };
    let decisive = reasons.iter().find(|reason| !matches!(reason.code(), None | Some("None")));
    match decisive {
        None => StoreError::Conflict,
        Some(reason) => match reason.code() {
            Some("ConditionalCheckFailed" | "TransactionConflict") => StoreError::Conflict,
            code => StoreError::unusable(code.unwrap_or_default(), reason.message().unwrap_or_default()),
        },
    }
}
