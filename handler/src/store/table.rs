//! The incident table in DynamoDB.

mod budget;
mod error_mapping;
mod items;
mod lookup;
mod pointer_cache;
mod silences;
mod timeline;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use incident_model::table::{
    EXPIRES_AT, INCIDENT_ID, INDEX_BY_DUE, RECORD_TYPE, RECORD_TYPE_INCIDENT, SELF_CHECK, alarm_of_function_key,
    event_key, open_key, trouble_key,
};
use incident_model::{Incident, Reason, Severity, Silence};
use serde_json::json;

use super::{Budget, Lookup, Occurrence, Opening, Outbox, Resolution, Sent, Snapshot, Store, StoreError};
use crate::backoff::Backoff;
use crate::log;
use error_mapping::{is_condition, not_transacted, refused};
use items::{Changes, TARGET, number, pointer, text};
use pointer_cache::PointerCache;

/// Retention of a counted event's marker. EventBridge redelivers for at most a day, Lambda for six hours; a dead letter,
/// which may have been counted before, is resent within the 14 days its queue keeps it.
const MARKER_DAYS: i64 = 16;
const DAY: i64 = 24 * 60 * 60;
/// Retention of the self-check's item.
const CHECK_SECONDS: i64 = 60 * 60;
/// How long a sweep skips an incident that this version cannot read.
const UNREADABLE_SECONDS: i64 = 60 * 60;

type Item = HashMap<String, AttributeValue>;

/// The incident table.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
    pointer_cache: PointerCache,
}

impl Table {
    /// A table to which this function has access.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name, pointer_cache: PointerCache::default() }
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
            .set_item(Some(items::helper(SELF_CHECK)))
            .item(EXPIRES_AT, number(now + CHECK_SECONDS));
        put.send().await.map_err(|error| refused(&error))?;
        match self.item(SELF_CHECK).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::unusable("ItemMissing", "an item that was written cannot be read")),
        }
    }

    async fn item(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.name).key(INCIDENT_ID, text(key)).consistent_read(true);
        Ok(get.send().await.map_err(|error| refused(&error))?.item)
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    /// The marker that prevents an event from being counted twice.
    fn marker(&self, event_id: &str, incident_id: &str, now: i64) -> Result<TransactWriteItem, StoreError> {
        let item = pointer(&event_key(event_id), incident_id, Some(now + MARKER_DAYS * DAY));
        written(self.put(item).condition_expression("attribute_not_exists(incident_id)"))
    }

    /// Points a key to an incident, unless another incident or a recovery arrived since it was read.
    fn repointed(
        &self,
        item: Item,
        before: Option<&str>,
        recovered: Option<i64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = self.put(item);
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

    /// Withdraws an incident's pending notice. Harmless if it was sent in the meantime.
    fn withdrawn(&self, incident_id: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder().table_name(&self.name).key(INCIDENT_ID, text(incident_id));
        changed(update.update_expression("REMOVE due, due_at, silenced_by"))
    }

    /// Resolves the incident of an alarm in favour of the one with the cause.
    fn explained(&self, alarm: &Incident, cause: &Incident) -> Result<TransactWriteItem, StoreError> {
        let what = format!("resolved: explained by {}", cause.incident_id);
        let changes = Changes::new("#status = :open")
            .named("#status", "status")
            .with(":open", text("open"))
            .with(":resolved", text("resolved"))
            .set_expression("#status = :resolved")
            .noted(alarm, &cause.created_at, &what)?
            .remove("due")
            .remove("due_at")
            .remove("silenced_by");
        changed(self.update_in_transaction(&alarm.incident_id, changes))
    }

    fn update_in_transaction(&self, key: &str, changes: Changes) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.name)
            .key(INCIDENT_ID, text(key))
            .update_expression(changes.expression())
            .set_condition_expression(changes.condition)
            .set_expression_attribute_names(changes.names)
            .set_expression_attribute_values(changes.values)
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map(drop).map_err(|error| not_transacted(&error))
    }

    /// Postpones an incident that this version cannot read: every sweep would find it, and a hundred of them would fill
    /// a sweep. A handler that can read it sends what is due then.
    async fn put_off(&self, item: &Item, now: i64) {
        let (Some(id), Some(due_at)) = (items::string(item, INCIDENT_ID), items::integer(item, "due_at")) else {
            return;
        };
        let later = Changes::new("due_at = :read")
            .with(":read", number(due_at))
            .set("due_at", number(now + UNREADABLE_SECONDS));
        if let Err(error) = self.apply(&id, later).await {
            log::line("unreadable", json!({ "incident_id": id, "error": error.to_string() }));
        }
    }

    fn update(&self, key: &str, changes: Changes) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name).key(INCIDENT_ID, text(key));
        update
            .update_expression(changes.expression())
            .set_condition_expression(changes.condition)
            .set_expression_attribute_names(changes.names)
            .set_expression_attribute_values(changes.values)
    }

    /// Applies a change; false if its condition does not hold. Waits while another transaction holds the item or the
    /// table is throttled; the condition decides whether the change is still valid.
    async fn apply(&self, key: &str, changes: Changes) -> Result<bool, StoreError> {
        let mut backoff = Backoff::default();
        loop {
            match self.update(key, changes.clone()).send().await {
                Ok(_) => return Ok(true),
                Err(error) if is_condition(&error) => return Ok(false),
                Err(error) => backoff.wait_after(refused(&error)).await?,
            }
        }
    }
}

impl Store for Table {
    async fn look(&self, lookup: &Lookup<'_>) -> Result<Snapshot, StoreError> {
        lookup::look(self, lookup).await
    }

    async fn incident(&self, incident_id: &str) -> Result<Option<Incident>, StoreError> {
        Ok(self.item(incident_id).await?.as_ref().and_then(items::incident))
    }

    async fn newest_of_trouble(&self, source: &str, trouble: &str) -> Result<Option<Incident>, StoreError> {
        let pointer = self.item(&trouble_key(source, trouble)).await?;
        match pointer.and_then(|item| items::string(&item, TARGET)) {
            Some(incident_id) => self.incident(&incident_id).await,
            None => Ok(None),
        }
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        let Opening { incident, snapshot, .. } = opening;
        let id = &incident.incident_id;
        let before =
            snapshot.newest.as_ref().map(|before| &before.incident_id).or(snapshot.lost.as_ref()).map(String::as_str);
        let mut of_trouble = pointer(&trouble_key(&incident.source, incident.trouble()), id, None);
        if let Some(at) = snapshot.recovered_at {
            of_trouble.insert(items::RECOVERED_AT.to_owned(), number(at));
        }
        let record = self.put(items::record(incident)?).condition_expression("attribute_not_exists(incident_id)");
        let mut writes = vec![
            self.marker(opening.event_id, id, opening.now)?,
            self.repointed(pointer(&open_key(&incident.fingerprint), id, None), before, None)?,
            self.repointed(of_trouble, snapshot.newest_of_trouble.as_deref(), snapshot.recovered_at)?,
            written(record)?,
        ];
        if let (true, Some(before)) = (opening.withdraws, before) {
            writes.push(self.withdrawn(before)?);
        }
        if let Some(function) = opening.alarm_on {
            writes.push(written(self.put(pointer(&alarm_of_function_key(function), id, None)))?);
        }
        if let (Some(_), Some(alarm)) = (&incident.explains_incident_id, &snapshot.alarm_of_function) {
            writes.push(self.explained(alarm, incident)?);
        }
        self.transact(writes).await
    }

    async fn count(&self, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
        let incident = occurrence.incident;
        let mut changes = Changes::new("attribute_exists(incident_id) AND #status <> :resolved")
            .named("#status", "status")
            .with(":resolved", text("resolved"))
            .add("occurrences", number(1))
            .showing(incident);
        if let Some(worse_at) = occurrence.worse_at {
            changes = changes
                .only_if("occurrences < :last_unnoticed")
                .with(":last_unnoticed", items::count(worse_at.saturating_sub(1)));
        }
        if let Some(outbox) = occurrence.escalation {
            let severity = incident.severity;
            changes = changes
                .only_if_untouched(occurrence.read)
                .only_if("severity = :read_severity")
                .with(":read_severity", text(occurrence.read.severity.name()))
                .outbox(outbox)
                .set("severity", text(severity.name()))
                .noted(occurrence.read, &incident.last_seen_at, &format!("escalated to {severity}"))?;
        } else {
            changes = changes.mended(occurrence.read)?;
        }
        let incident_id = &occurrence.read.incident_id;
        let update = self.update_in_transaction(incident_id, changes);
        self.transact(vec![self.marker(occurrence.event_id, incident_id, occurrence.now)?, changed(update)?]).await
    }

    async fn resolve(&self, resolution: &Resolution<'_>) -> Result<(), StoreError> {
        let recent = resolution.recent_changes.iter().map(|change| number(*change)).collect();
        let changes = Changes::new("attribute_exists(incident_id) AND #status <> :resolved")
            .only_if_untouched(resolution.read)
            .named("#status", "status")
            .with(":resolved", text("resolved"))
            .set_expression("#status = :resolved")
            .set("recovered", AttributeValue::Bool(true))
            .set("recent_changes", AttributeValue::L(recent))
            .outbox(resolution.outbox)
            .noted(resolution.read, resolution.at, resolution.what)?;
        match self.apply(&resolution.read.incident_id, changes).await? {
            true => Ok(()),
            false => Err(StoreError::Conflict),
        }
    }

    async fn remember_recovery(&self, source: &str, trouble: &str, at: i64) -> Result<(), StoreError> {
        let changes = Changes::new("attribute_not_exists(recovered_at) OR recovered_at < :recovered_at")
            .set(items::RECOVERED_AT, number(at))
            .versioned();
        // A later recovery was reported first and stays.
        self.apply(&trouble_key(source, trouble), changes).await.map(drop)
    }

    async fn due(&self, now: i64, limit: usize) -> Result<Vec<Incident>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX_BY_DUE)
            .key_condition_expression("#type = :incident AND due_at <= :now")
            .expression_attribute_names("#type", RECORD_TYPE)
            .expression_attribute_values(":incident", text(RECORD_TYPE_INCIDENT))
            .expression_attribute_values(":now", number(now))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| refused(&error))?;
        let (mut due, mut unreadable) = (Vec::new(), Vec::new());
        for item in answer.items.unwrap_or_default() {
            match items::incident(&item) {
                Some(incident) => due.push(incident),
                None => unreadable.push(item),
            }
        }
        for item in &unreadable {
            self.put_off(item, now).await;
        }
        Ok(due)
    }

    async fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> Result<bool, StoreError> {
        let changes =
            Changes::new("attribute_exists(incident_id)").only_if_untouched(read).outbox(outbox).mended(read)?;
        self.apply(&read.incident_id, changes).await
    }

    async fn mark_sent(&self, sent: &Sent<'_>) -> Result<bool, StoreError> {
        let Incident { severity: mailed, notices, .. } = sent.incident;
        let outbox = Outbox { due: None, due_at: sent.next_look, silenced_by: None, ..Outbox::of(sent.incident) };
        let mut read = Some(sent.incident.clone());
        let mut backoff = Backoff::default();
        while let Some(incident) = read {
            let id = &incident.incident_id;
            let accepted = |condition: &str| {
                Changes::new(condition)
                    .set("last_notified_at", text(sent.at))
                    .set_expression("notified_at = if_not_exists(notified_at, :last_notified_at)")
                    .noted(&incident, sent.at, sent.what)
            };
            let untouched = accepted("attribute_exists(due) AND notices = :sent AND severity = :mailed")?
                .with(":sent", items::count(*notices))
                .with(":mailed", text(mailed.name()))
                .outbox(&outbox);
            if self.apply(id, untouched).await? {
                return Ok(false);
            }
            if let Some(condition) = worse_than(*mailed) {
                let unsaid = accepted(&format!("notices = :sent AND #status <> :resolved AND {condition}"))?
                    .with(":sent", items::count(*notices))
                    .named("#status", "status")
                    .with(":resolved", text("resolved"))
                    .outbox(&Outbox::next(sent.incident, Reason::Escalated, sent.now));
                let worse = severities_above(*mailed);
                let named = |severity: Severity| (format!(":{}", severity.name()), text(severity.name()));
                let unsaid = worse.map(named).fold(unsaid, |changes, (name, value)| changes.with(&name, value));
                if self.apply(id, unsaid).await? {
                    return Ok(true);
                }
            }
            // During the send the next notice became due, which must stay, or the incident was resolved manually.
            if self.apply(id, accepted("attribute_exists(incident_id)")?).await? {
                return Ok(false);
            }
            // It was deleted, or its full timeline changed.
            backoff.wait_after(StoreError::Conflict).await?;
            read = self.incident(id).await?;
        }
        Ok(false)
    }

    async fn take(&self, budget: &Budget, now_milliseconds: i64) -> Result<bool, StoreError> {
        budget::take(self, budget, now_milliseconds).await
    }

    async fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        silences::read(self).await
    }

    async fn forget_silences(&self, silence_ids: &[&str]) -> Result<(), StoreError> {
        silences::forget(self, silence_ids).await
    }
}

fn written(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().put(built(put.build())?).build())
}

fn changed(update: aws_sdk_dynamodb::types::builders::UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}

/// A builder's error for a missing required member, which no input can cause.
fn built<T>(result: Result<T, aws_sdk_dynamodb::error::BuildError>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::unusable("BrokenRequest", error))
}

/// The severities above another.
fn severities_above(severity: Severity) -> impl Iterator<Item = Severity> {
    Severity::ALL.into_iter().filter(move |other| *other > severity)
}

/// The condition that an incident is worse than it was mailed; `None` if nothing is worse. Its placeholders are the
/// names of [`severities_above`].
fn worse_than(mailed: Severity) -> Option<String> {
    let names: Vec<String> = severities_above(mailed).map(|severity| format!(":{}", severity.name())).collect();
    (!names.is_empty()).then(|| format!("severity IN ({})", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_event_is_known_as_long_as_its_dead_letter_can_be_sent_again() {
        let template = include_str!("../../../templates/incident-stack.yaml");
        let periods = template.lines().filter_map(|line| line.trim().strip_prefix("MessageRetentionPeriod:"));
        let periods: Vec<i64> = periods.filter_map(|seconds| seconds.trim().parse().ok()).collect();
        assert_eq!(periods.len(), 2, "the dead-letter queues of the rules and of the handler");
        // A day for EventBridge's attempts before the queue.
        assert!(periods.iter().all(|period| MARKER_DAYS * DAY > period + DAY), "{periods:?}");
    }
}
