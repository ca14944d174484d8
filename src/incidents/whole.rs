//! Whole incidents: their items, put together.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use incident_model::tally::Tally;
use incident_model::timeline::LaterEntries;
use incident_model::{Analysis, Incident, table};
use serde::de::DeserializeOwned;

use super::entries::{Item, id_of};
use super::{Incidents, IncidentsError, Listing};
use incident_deploy::aws::{AwsError, Explain};

/// Keys of one call
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const MOST_KEYS: usize = 100;
/// Calls in a row that read nothing, because the table is throttled.
const ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CALL: &str = "dynamodb:BatchGetItem";

/// What a table or statistics need of an incident's items; two thirds of a head are words.
const BRIEF: [&str; 30] = [
    "incident_id",
    "record_version",
    "status",
    "severity",
    "summary",
    "created_at",
    "last_seen_at",
    "occurrences",
    "fingerprint",
    "former_fingerprint",
    "source",
    "resource",
    "account",
    "region",
    "error_type",
    "rule",
    "cause",
    "confidence",
    "drill",
    "acknowledged_at",
    "resolved_at",
    "notices",
    "due",
    "due_at",
    "recovered",
    "flapping",
    "timeline",
    "timeline_left_out",
    "latest",
    "closed",
];
/// Words that an [`Incident`] has in any case.
const WORDS: [&str; 2] = ["recommendation", "error_message"];

/// How to read items.
pub(super) struct Read {
    consistent: bool,
    brief: bool,
}

impl Read {
    /// As they are now, and whole.
    pub(super) const CONSISTENT: Self = Self { consistent: true, brief: false };

    fn request(&self, keys: Vec<Item>) -> Result<KeysAndAttributes, IncidentsError> {
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(self.consistent);
        let request = match self.brief {
            true => request
                .projection_expression(BRIEF.map(|name| format!("#{name}")).join(", "))
                .set_expression_attribute_names(Some(
                    BRIEF.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect(),
                )),
            false => request,
        };
        request.build().map_err(|error| IncidentsError::Aws(AwsError::new(CALL, "Incomplete", error.to_string())))
    }
}

/// How many incidents one call reads.
pub(super) fn at_once(brief: bool) -> usize {
    if brief { MOST_KEYS / 2 } else { MOST_KEYS / 4 }
}

impl Incidents {
    /// The incidents of these entries of an index, which are their heads or only have their ids, in that order. One that
    /// no longer exists is left out. See [`Filter::brief`](super::Filter::brief).
    pub(super) async fn whole(&self, entries: Vec<Item>, brief: bool) -> Result<Listing, IncidentsError> {
        let mut keys = Vec::new();
        let mut ids = Vec::new();
        for entry in &entries {
            let Some(id) = id_of(entry) else { continue };
            if !is_head(entry) {
                keys.push(id.clone());
            }
            keys.push(table::tally_key(&id));
            if !brief {
                keys.extend([table::timeline_key(&id), table::analysis_key(&id)]);
            }
            ids.push(id);
        }
        let mut items = self.items(keys, &Read { consistent: false, brief }).await?;
        items.extend(entries.into_iter().filter(is_head).filter_map(|head| Some((id_of(&head)?, head))));
        let mut listing = Listing::default();
        for id in ids {
            if let Some(head) = items.get_mut(&id).filter(|_| brief) {
                for word in WORDS {
                    head.entry(word.to_owned()).or_insert_with(|| AttributeValue::S(String::new()));
                }
            }
            match assembled(&id, &mut items).transpose() {
                Some(Ok(incident)) => listing.incidents.push(incident),
                Some(Err(_)) => listing.unreadable.push(id),
                None => {}
            }
        }
        Ok(listing)
    }

    /// Items by their keys.
    pub(super) async fn items(
        &self,
        mut keys: Vec<String>,
        read: &Read,
    ) -> Result<HashMap<String, Item>, IncidentsError> {
        let mut found = HashMap::new();
        while !keys.is_empty() {
            let rest = keys.split_off(keys.len().min(MOST_KEYS));
            self.batch(keys, read, &mut found).await?;
            keys = rest;
        }
        Ok(found)
    }

    /// Reads up to [`MOST_KEYS`] items; asks again for those that DynamoDB left out.
    async fn batch(
        &self,
        keys: Vec<String>,
        read: &Read,
        found: &mut HashMap<String, Item>,
    ) -> Result<(), IncidentsError> {
        let key = |key: String| Item::from([(table::INCIDENT_ID.to_owned(), AttributeValue::S(key))]);
        let mut keys: Vec<Item> = keys.into_iter().map(key).collect();
        let mut vain = 0;
        while !keys.is_empty() {
            let request = read.request(keys.clone())?;
            let reply = self.client.batch_get_item().request_items(&self.table, request).send().await.explain(CALL);
            let (items, left) = match reply {
                Ok(reply) => self.parts(reply),
                Err(error) if error.says_throttled() => (Vec::new(), keys),
                Err(error) => return Err(self.failed(error)),
            };
            vain = if items.is_empty() { vain + 1 } else { 0 };
            keys = left;
            found.extend(items.into_iter().filter_map(|item| Some((id_of(&item)?, item))));
            match (keys.is_empty(), vain) {
                (true, _) => {}
                (false, ATTEMPTS..) => return Err(IncidentsError::Throttled),
                (false, 0) => {}
                (false, vain) => tokio::time::sleep((FIRST_PAUSE * 2_u32.pow(vain - 1)).min(LONGEST_PAUSE)).await,
            }
        }
        Ok(())
    }

    /// The items of an answer, and the keys that it left out.
    fn parts(&self, reply: BatchGetItemOutput) -> (Vec<Item>, Vec<Item>) {
        let items = reply.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let left = reply.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        (items, left.map(|left| left.keys).unwrap_or_default())
    }
}

/// Whether an entry is a head, with all attributes of an incident.
fn is_head(entry: &Item) -> bool {
    entry.len() > 1
}

/// The incident with this id from its items; `None` if it has no head.
pub(super) fn assembled(id: &str, items: &mut HashMap<String, Item>) -> Result<Option<Incident>, serde_dynamo::Error> {
    let Some(head) = parsed::<Incident>(items.remove(id))? else { return Ok(None) };
    let tally: Option<Tally> = parsed(items.remove(&table::tally_key(id)))?;
    let later: Option<LaterEntries> = parsed(items.remove(&table::timeline_key(id)))?;
    let analysis = analysis(items.remove(&table::analysis_key(id)));
    Ok(Some(Incident { analysis, ..head.with_tally(tally.as_ref()).with_later(later.unwrap_or_default()) }))
}

/// An analysis that this version can read. It explains the incident, and what cannot be read explains nothing; the head still
/// has the cause.
fn analysis(item: Option<Item>) -> Option<Box<Analysis>> {
    parsed(item).ok().flatten().map(Box::new)
}

/// An item as a value.
pub(super) fn parsed<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, serde_dynamo::Error> {
    item.map(serde_dynamo::aws_sdk_dynamodb_1::from_item).transpose()
}
