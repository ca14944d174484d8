//! The lookup: everything that a decision needs.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use incident_model::Incident;
use incident_model::table::{INCIDENT_ID, SILENCES, alarm_of_function_key, event_key, open_key, trouble_key};

use super::error_mapping::refused;
use super::items::{self, RECOVERED_AT, TARGET, integer, string, text};
use super::{Item, Table, built, silences};
use crate::backoff::Backoff;
use crate::store::{Lookup, Snapshot, Store, StoreError};

/// Reads the helper items together with the incidents that they last pointed to; then those that they point to now, if
/// these differ.
pub(super) async fn look(table: &Table, lookup: &Lookup<'_>) -> Result<Snapshot, StoreError> {
    let (event, fingerprint) = (event_key(lookup.event_id), open_key(lookup.fingerprint));
    let trouble = trouble_key(lookup.source, lookup.trouble);
    let alarm = lookup.function.map(alarm_of_function_key);
    let cached = [Some(fingerprint.as_str()), alarm.as_deref()].into_iter().flatten();
    let cached: BTreeSet<String> = cached.filter_map(|key| table.pointer_cache.of(key)).collect();
    let keys = [Some(event.as_str()), Some(&fingerprint), Some(&trouble), Some(SILENCES), alarm.as_deref()];
    let items = items(table, keys.into_iter().flatten().chain(cached.iter().map(String::as_str))).await?;
    let (newest, alarm_of_function) =
        tokio::join!(followed(table, &items, Some(&fingerprint)), followed(table, &items, alarm.as_deref()));
    let (newest, trouble) = (newest?, item(&items, &trouble));
    let leads_to = item(&items, &fingerprint).and_then(|item| string(item, TARGET));
    Ok(Snapshot {
        counted_for: item(&items, &event).and_then(|item| string(item, TARGET)),
        lost: leads_to.filter(|_| newest.is_none()),
        newest,
        alarm_of_function: alarm_of_function?,
        newest_of_trouble: trouble.and_then(|item| string(item, TARGET)),
        recovered_at: trouble.and_then(|item| integer(item, RECOVERED_AT)),
        silences: item(&items, SILENCES).map(silences::in_force).unwrap_or_default(),
    })
}

fn item<'a>(items: &'a [Item], key: &str) -> Option<&'a Item> {
    items.iter().find(|item| string(item, INCIDENT_ID).as_deref() == Some(key))
}

/// The incident that a helper item points to.
async fn followed(table: &Table, items: &[Item], key: Option<&str>) -> Result<Option<Incident>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let Some(incident_id) = item(items, key).and_then(|item| string(item, TARGET)) else { return Ok(None) };
    table.pointer_cache.remember(key, &incident_id);
    match item(items, &incident_id) {
        Some(read) => Ok(items::incident(read)),
        None => table.incident(&incident_id).await,
    }
}

/// A throttled table returns a part, at least one item, and the unprocessed keys.
async fn items(table: &Table, keys: impl Iterator<Item = &str>) -> Result<Vec<Item>, StoreError> {
    let wanted = keys.fold(KeysAndAttributes::builder().consistent_read(true), |wanted, key| {
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
