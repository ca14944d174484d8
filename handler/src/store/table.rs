//! The incident table in DynamoDB.

mod analysis;
mod budget;
mod changes;
mod count;
mod due;
mod error_mapping;
mod items;
mod lookup;
mod marker;
mod months;
mod open;
mod pointer_cache;
mod read;
mod settle;
mod silences;
mod timeline;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TransactWriteItem;
use incident_model::analysis::Analysis;
use incident_model::table::{EXPIRES_AT, INCIDENT_ID, SELF_CHECK, tally_key, trouble_key};
use incident_model::{Incident, Silence, TimelineEntry};

use super::{
    Budget, BudgetState, Folded, Lookup, Occurrence, Opening, Outbox, Resolution, Sent, Snapshot, Store, StoreError,
    Trouble,
};
use crate::item::{Item, number, text};
use crate::store::backoff::Backoff;
use changes::Changes;
use error_mapping::{is_condition, not_transacted, refused};
use items::RECOVERED_AT;
use months::Months;
use pointer_cache::PointerCache;

/// Retention of the self-check's item.
const CHECK_SECONDS: i64 = 60 * 60;

/// The incident table.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
    pointer_cache: PointerCache,
    months: Months,
    former_index_is_gone: AtomicBool,
}

impl Table {
    /// A table to which this function has access.
    pub fn new(client: Client, name: String) -> Self {
        Self {
            client,
            name,
            pointer_cache: PointerCache::default(),
            months: Months::default(),
            former_index_is_gone: AtomicBool::new(false),
        }
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

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map(drop).map_err(|error| not_transacted(&error))
    }

    /// Applies a change; false if its condition does not hold. Waits while another transaction holds the item or the
    /// table is throttled; the condition decides whether the change is still valid.
    async fn apply(&self, key: &str, changes: Changes) -> Result<bool, StoreError> {
        let mut backoff = Backoff::default();
        loop {
            match changes.clone().alone(&self.client, &self.name, key).send().await {
                Ok(_) => return Ok(true),
                Err(error) if is_condition(&error) => return Ok(false),
                Err(error) => backoff.wait_after(refused(&error)).await?,
            }
        }
    }

    fn is_former_index_gone(&self) -> bool {
        self.former_index_is_gone.load(Ordering::Relaxed)
    }

    fn former_index_is_gone(&self) {
        self.former_index_is_gone.store(true, Ordering::Relaxed);
    }
}

impl Store for Table {
    async fn look(&self, lookup: &Lookup<'_>) -> Result<Snapshot, StoreError> {
        lookup::look(self, lookup).await
    }

    async fn incident(&self, incident_id: &str) -> Result<Option<Incident>, StoreError> {
        let tally = tally_key(incident_id);
        Ok(read::incident(&read::items(self, [incident_id, &tally].into_iter()).await?, incident_id))
    }

    async fn incidents(&self, incident_ids: &[String]) -> Result<Vec<Incident>, StoreError> {
        Ok(read::incidents(self, incident_ids).await?.0)
    }

    async fn newest_of_trouble(&self, trouble: &Trouble<'_>) -> Result<Option<Incident>, StoreError> {
        lookup::newest(self, trouble).await
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        open::open(self, opening).await
    }

    async fn count(&self, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
        count::count(self, occurrence).await
    }

    async fn resolve(&self, resolution: &Resolution<'_>) -> Result<(), StoreError> {
        settle::resolve(self, resolution).await
    }

    async fn remember_recovery(&self, trouble: &Trouble<'_>, at: i64) -> Result<(), StoreError> {
        let changes = Changes::new("attribute_not_exists(recovered_at) OR recovered_at < :recovered_at")
            .set(RECOVERED_AT, number(at))
            .versioned();
        // A later recovery was reported first and stays.
        self.apply(&trouble_key(trouble.place, trouble.source, trouble.name), changes).await.map(drop)
    }

    async fn due(&self, now: i64, limit: usize) -> Result<Vec<Incident>, StoreError> {
        due::due(self, now, limit).await
    }

    async fn set_outbox(&self, read: &Incident, outbox: &Outbox) -> Result<bool, StoreError> {
        settle::set_outbox(self, read, outbox).await
    }

    async fn mark_sent(&self, sent: &Sent<'_>) -> Result<bool, StoreError> {
        settle::mark_sent(self, sent).await
    }

    async fn fold(&self, folded: &Folded<'_>) -> Result<bool, StoreError> {
        analysis::fold(self, folded).await
    }

    async fn put_analysis(&self, incident_id: &str, analysis: &Analysis) -> Result<(), StoreError> {
        analysis::put(self, incident_id, analysis).await
    }

    async fn keep_analysis(&self, incident_id: &str, analysis: &Analysis) -> Result<bool, StoreError> {
        analysis::keep(self, incident_id, analysis).await
    }

    async fn analyses(&self, incident_ids: &[String]) -> Result<BTreeMap<String, Analysis>, StoreError> {
        analysis::read(self, incident_ids).await
    }

    async fn mark_missing(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        settle::mark_missing(self, incident, at, what).await
    }

    async fn unmark_missing(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        settle::unmark_missing(self, incident, at, what).await
    }

    async fn note(&self, incident: &Incident, at: &str, what: &str) -> Result<(), StoreError> {
        timeline::note(self, incident, TimelineEntry::new(at, what)).await
    }

    async fn budgets(&self, budgets: &[Budget]) -> Result<Vec<BudgetState>, StoreError> {
        budget::read(self, budgets).await
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
