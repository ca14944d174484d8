//! What is due, the worst first. The index is by severity; its entries are keys, so that what is decided on is read
//! consistently, with the tally.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use futures_util::future::try_join_all;
use incident_model::table::{
    DUE_AT, DUE_QUEUE, FORMER_INDEX_BY_DUE, INCIDENT_ID, INDEX_DUE, NEVER_DUE, RECORD_TYPE, RECORD_TYPE_INCIDENT,
};
use incident_model::{Incident, Severity};
use serde_json::json;

use super::changes::Changes;
use super::error_mapping::refused;
use super::{Table, read};
use crate::item::{Item, integer, number, string, text};
use crate::log;
use crate::store::StoreError;

/// Each queue has at least this part of what a sweep looks at.
const SHARES: usize = 8;

/// How long, in seconds, a sweep skips an incident that this version cannot read.
const UNREADABLE_SECONDS: i64 = 60 * 60;

/// A query for entries of an index with one partition key, in order of `due_at`.
struct Queue {
    index: &'static str,
    partition: &'static str,
    value: &'static str,
}

/// The incidents that are due, at most `limit`.
pub(super) async fn due(table: &Table, now: i64, limit: usize) -> Result<Vec<Incident>, StoreError> {
    let queues = Severity::ALL.map(|severity| Queue { index: INDEX_DUE, partition: DUE_QUEUE, value: severity.name() });
    let former = Queue { index: FORMER_INDEX_BY_DUE, partition: RECORD_TYPE, value: RECORD_TYPE_INCIDENT };
    let queues: Vec<Queue> = queues.into_iter().chain((!table.is_former_index_gone()).then_some(former)).collect();
    let found = try_join_all(queues.iter().map(|queue| entries(table, queue, now, limit))).await?;
    let ids = distinct(shared(&found, limit / SHARES), limit);
    let (mut incidents, unreadable) = read::incidents(table, &ids).await?;
    for head in &unreadable {
        put_off(table, head, now).await;
    }
    // The index may lag behind.
    incidents.retain(|incident| incident.due_at.is_some_and(|at| at <= now));
    incidents.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), incident.due_at));
    Ok(incidents)
}

/// The ids of all queues, the worst queue first; but before that the first of each queue, at most `share`: a flood of one
/// severity keeps no incident of another from being seen.
fn shared(queues: &[Vec<String>], share: usize) -> impl Iterator<Item = String> {
    let first = queues.iter().flat_map(move |queue| queue.iter().take(share));
    first.chain(queues.iter().flatten()).cloned().collect::<Vec<_>>().into_iter()
}

/// Ids without repetitions, at most `limit`.
fn distinct(ids: impl Iterator<Item = String>, limit: usize) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.filter(|id| seen.insert(id.clone())).take(limit).collect()
}

/// The ids in one queue, the longest waiting first. Of the former index, those that are in no queue of today; an index
/// that the table does not have, or not yet, is empty.
async fn entries(table: &Table, queue: &Queue, now: i64, limit: usize) -> Result<Vec<String>, StoreError> {
    let query = table
        .client
        .query()
        .table_name(&table.name)
        .index_name(queue.index)
        .key_condition_expression("#partition = :partition AND due_at <= :now")
        .expression_attribute_names("#partition", queue.partition)
        .expression_attribute_values(":partition", text(queue.value))
        .expression_attribute_values(":now", number(now.min(NEVER_DUE - 1)));
    let mut ids = Vec::new();
    let mut from = None;
    loop {
        let page =
            query.clone().limit(i32::try_from(limit - ids.len()).unwrap_or(i32::MAX)).set_exclusive_start_key(from);
        let page = match page.send().await {
            Ok(page) => page,
            Err(error) if is_missing_index(&error) => {
                missing(table, queue);
                return Ok(ids);
            }
            Err(error) => return Err(refused(&error)),
        };
        let is_ours = |item: &Item| queue.index == INDEX_DUE || !item.contains_key(DUE_QUEUE);
        let items = page.items.unwrap_or_default();
        ids.extend(items.iter().filter(|item| is_ours(item)).filter_map(|item| string(item, INCIDENT_ID)));
        from = page.last_evaluated_key;
        if from.is_none() || ids.len() >= limit {
            return Ok(ids);
        }
    }
}

/// `ValidationException: The table does not have the specified index: by-due`, or one that is being created or deleted.
fn is_missing_index<E: ProvideErrorMetadata, R>(error: &aws_sdk_dynamodb::error::SdkError<E, R>) -> bool {
    let message = error.message().unwrap_or_default();
    error.code().is_some_and(|code| code.starts_with("ValidationException") || code.starts_with("ResourceNotFound"))
        && message.contains("index")
}

/// A former index never comes back; today's is created by an update that is under way.
fn missing(table: &Table, queue: &Queue) {
    match queue.index {
        FORMER_INDEX_BY_DUE => table.former_index_is_gone(),
        index => log::line("index-missing", json!({ "index": index })),
    }
}

/// Postpones an incident that this version cannot read: every sweep would find it, and they would fill a sweep. A
/// handler that can read it sends what is due then.
async fn put_off(table: &Table, head: &Item, now: i64) {
    let (Some(id), Some(due_at)) = (string(head, INCIDENT_ID), integer::<i64>(head, DUE_AT)) else { return };
    let later =
        Changes::new("due_at = :read").with(":read", number(due_at)).set(DUE_AT, number(now + UNREADABLE_SECONDS));
    if let Err(error) = table.apply(&id, later).await {
        log::line("unreadable", json!({ "incident_id": id, "error": error.to_string() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_severity_leaves_the_others_their_share() {
        let queue = |name: &str, count: usize| (0..count).map(|number| format!("{name}-{number}")).collect::<Vec<_>>();
        let queues = [queue("critical", 1_000), queue("high", 3), queue("medium", 1_000), Vec::new()];
        let ids = distinct(shared(&queues, 400 / SHARES), 400);
        let of = |name: &str| ids.iter().filter(|id| id.starts_with(name)).count();
        assert_eq!((ids.len(), of("critical"), of("high"), of("medium")), (400, 347, 3, 50));
        assert_eq!(distinct(shared(&queues[1..2], 50), 400).len(), 3);
    }
}
