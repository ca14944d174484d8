//! Reads items by key, several at once, and incidents with their tallies.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::future::try_join_all;
use incident_model::Incident;
use incident_model::table::{INCIDENT_ID, tally_key};

use super::Table;
use super::changes::built;
use super::error_mapping::refused;
use super::items;
use crate::item::{Item, text};
use crate::store::StoreError;
use crate::store::backoff::Backoff;

/// Keys of one call, at most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const MOST_KEYS: usize = 100;

/// The item with a key.
pub(super) fn item<'a>(items: &'a [Item], key: &str) -> Option<&'a Item> {
    items.iter().find(|item| key_of(item) == Some(key))
}

fn key_of(item: &Item) -> Option<&str> {
    item.get(INCIDENT_ID)?.as_s().ok().map(String::as_str)
}

/// The items with these keys, all different, read consistently.
pub(super) async fn items(table: &Table, keys: impl Iterator<Item = &str>) -> Result<Vec<Item>, StoreError> {
    let keys: Vec<&str> = keys.collect();
    let found = try_join_all(keys.chunks(MOST_KEYS).map(|keys| chunk(table, keys))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// A throttled table returns a part, at least one item, and the unprocessed keys.
async fn chunk(table: &Table, keys: &[&str]) -> Result<Vec<Item>, StoreError> {
    let wanted = keys.iter().fold(KeysAndAttributes::builder().consistent_read(true), |wanted, key| {
        wanted.keys(Item::from([(INCIDENT_ID.to_owned(), text(key))]))
    });
    let mut wanted = built(wanted.build())?;
    let (mut items, mut backoff) = (Vec::new(), Backoff::default());
    loop {
        let call = table.client.batch_get_item().request_items(&table.name, wanted);
        let answer = call.send().await.map_err(|error| refused(&error))?;
        items.extend(answer.responses.and_then(|mut found| found.remove(&table.name)).unwrap_or_default());
        match answer.unprocessed_keys.and_then(|mut left| left.remove(&table.name)) {
            None => return Ok(items),
            Some(left) => wanted = left,
        }
        backoff
            .wait_after(StoreError::throttled("UnprocessedKeys", "keys remained unprocessed after all retries"))
            .await?;
    }
}

/// An incident whose items are among these.
pub(super) fn incident(items: &[Item], incident_id: &str) -> Option<Incident> {
    items::incident(item(items, incident_id)?, item(items, &tally_key(incident_id)))
}

/// The incidents with these ids, in their order, as far as they exist and are readable; the unreadable heads.
pub(super) async fn incidents(table: &Table, ids: &[String]) -> Result<(Vec<Incident>, Vec<Item>), StoreError> {
    let keys: Vec<String> = ids.iter().flat_map(|id| [id.clone(), tally_key(id)]).collect();
    let items = items(table, keys.iter().map(String::as_str)).await?;
    let by_key: HashMap<&str, &Item> = items.iter().filter_map(|item| Some((key_of(item)?, item))).collect();
    let (mut incidents, mut unreadable) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(head) = by_key.get(id.as_str()) else { continue };
        match items::incident(head, by_key.get(tally_key(id).as_str()).copied()) {
            Some(incident) => incidents.push(incident),
            None => unreadable.push((*head).clone()),
        }
    }
    Ok((incidents, unreadable))
}
