//! The items of the snapshots: one for each function, and the round's.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use incident_model::analysis::function_state::Altered;
use incident_model::analysis::{FunctionHistory, FunctionState};
use incident_model::table::{
    CURRENT_RECORD_VERSION, EXPIRES_AT, FUNCTION_SNAPSHOTS, INCIDENT_ID, RECORD_VERSION, function_key,
};
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_json::json;

use super::REWRITTEN_SECONDS;
use super::round::Round;
use crate::function_state::{Described, state_of};
use crate::item::{Item, integer, number, string, text};
use crate::log;
use crate::refused::Refused;

/// Attribute of the round's item: the number of its changes.
const VERSION: &str = "version";
/// Names, or layers, of one change that are kept.
const MOST_NAMES: usize = 8;
/// Longest text of a change that is kept, in characters.
const LONGEST: usize = 140;
/// Waits before a table that is throttled is asked for the rest of a page.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// What is kept between sweeps.
pub(crate) trait Memory {
    /// The round, and the version of its item. A round that this version of the program cannot read begins anew.
    fn round(&self) -> impl Future<Output = Result<(Round, u64), Refused>>;

    /// Replaces the round of a version; false if another sweep changed it.
    fn save(&self, round: &Round, version: u64) -> impl Future<Output = Result<bool, Refused>>;

    /// The snapshots of functions, as far as there are any.
    fn known(&self, functions: &[&str]) -> impl Future<Output = Result<BTreeMap<String, Known>, Refused>>;

    /// Writes the snapshot of a function, unless it is no longer the one that was read.
    fn keep(
        &self,
        function: &str,
        history: &FunctionHistory,
        read: Option<&Known>,
        expires_at: i64,
    ) -> impl Future<Output = Result<(), Refused>>;
}

/// A snapshot as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) history: FunctionHistory,
    /// When the table deletes it, in seconds since 1970.
    pub(crate) expires_at: Option<i64>,
}

/// The snapshot to write of a function that is new, has changed, or has not been written for a while. `beside` has what is
/// known of its aliases and its reserved concurrency.
pub(super) fn due(
    function: &impl Described,
    beside: FunctionState,
    known: Option<&Known>,
    unchanged_at: i64,
    now: i64,
) -> Option<FunctionHistory> {
    let FunctionState { aliases, concurrency, unreserved, .. } = beside;
    let described = state_of(function, known.map(|known| &known.history.state));
    let state = FunctionState { aliases, concurrency, unreserved, ..described };
    let Some(known) = known else { return FunctionHistory::default().seen(state, now) };
    if state.modified_at < known.history.state.modified_at {
        // Another sweep has seen a newer state.
        return None;
    }
    let history = known.history.clone().unchanged_at(unchanged_at.min(now), 0);
    let changed = history.seen(state, now).map(bounded);
    let is_old = known.expires_at.is_none_or(|at| at < now + REWRITTEN_SECONDS);
    changed.or_else(|| is_old.then(|| known.history.clone()))
}

/// A snapshot whose changes are short: with every variable and layer renamed, five changes of a function would be larger
/// than all else.
pub(super) fn bounded(mut history: FunctionHistory) -> FunctionHistory {
    let shorten = |text: &mut String| {
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push('…');
        }
    };
    let limit = |names: &mut Vec<String>| {
        names.truncate(MOST_NAMES);
        names.iter_mut().for_each(shorten);
    };
    for change in &mut history.changes {
        match &mut change.altered {
            Altered::Environment { added: from, removed: to } | Altered::Layers { from, to } => {
                limit(from);
                limit(to);
            }
            Altered::Setting { from, to, .. } => {
                shorten(from);
                shorten(to);
            }
            Altered::Code { .. } | Altered::Alias { .. } | Altered::Something => {}
        }
    }
    history
}

/// The incident table.
#[derive(Debug, Clone)]
pub(crate) struct TableMemory {
    client: Client,
    table: String,
}

impl TableMemory {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The items with these keys, at most a hundred. They need not be consistent: no write relies on them alone.
    async fn items(&self, keys: Vec<Item>) -> Result<Vec<Item>, Refused> {
        let invalid = |error: aws_sdk_dynamodb::error::BuildError| Refused {
            call: "dynamodb:BatchGetItem",
            code: "BrokenRequest".to_owned(),
            message: error.to_string(),
        };
        let mut wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(invalid)?;
        let (mut items, mut waits) = (Vec::new(), WAITS.iter());
        loop {
            let get = self.client.batch_get_item().request_items(&self.table, wanted);
            let answer = get.send().await.map_err(Refused::of("dynamodb:BatchGetItem"))?;
            items.extend(answer.responses.and_then(|mut found| found.remove(&self.table)).unwrap_or_default());
            match answer.unprocessed_keys.and_then(|mut left| left.remove(&self.table)) {
                None => return Ok(items),
                Some(left) => wanted = left,
            }
            let Some(wait) = waits.next() else {
                return Err(Refused {
                    call: "dynamodb:BatchGetItem",
                    code: "UnprocessedKeys".to_owned(),
                    message: "the table is throttled".to_owned(),
                });
            };
            tokio::time::sleep(*wait).await;
        }
    }

    fn item_of(key: &str, value: &impl Serialize) -> Result<Item, Refused> {
        let mut item: Item = to_item(value).map_err(|error| Refused {
            call: "dynamodb:PutItem",
            code: "BrokenRecord".to_owned(),
            message: error.to_string(),
        })?;
        item.insert(INCIDENT_ID.to_owned(), text(key));
        item.insert(RECORD_VERSION.to_owned(), number(CURRENT_RECORD_VERSION));
        Ok(item)
    }
}

impl Memory for TableMemory {
    async fn round(&self) -> Result<(Round, u64), Refused> {
        let get = self.client.get_item().table_name(&self.table).key(INCIDENT_ID, text(FUNCTION_SNAPSHOTS));
        let answer = get.consistent_read(true).send().await.map_err(Refused::of("dynamodb:GetItem"))?;
        let item = answer.item.unwrap_or_default();
        let version = integer(&item, VERSION).unwrap_or_default();
        Ok((from_item(item).unwrap_or_default(), version))
    }

    async fn save(&self, round: &Round, version: u64) -> Result<bool, Refused> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Self::item_of(FUNCTION_SNAPSHOTS, round)?))
            .item(VERSION, number(version + 1))
            .condition_expression("attribute_not_exists(incident_id) OR version = :version")
            .expression_attribute_values(":version", number(version));
        match put.send().await {
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            answer => answer.map(|_| true).map_err(Refused::of("dynamodb:PutItem")),
        }
    }

    async fn known(&self, functions: &[&str]) -> Result<BTreeMap<String, Known>, Refused> {
        let key = |function: &&str| Item::from([(INCIDENT_ID.to_owned(), text(&function_key(function)))]);
        let items = self.items(functions.iter().map(key).collect()).await?;
        let mut known = BTreeMap::new();
        for item in items {
            let key = string(&item, INCIDENT_ID).unwrap_or_default();
            let name = key.strip_prefix(&function_key("")).unwrap_or_default().to_owned();
            let expires_at = integer(&item, EXPIRES_AT);
            match from_item(item) {
                Ok(history) => drop(known.insert(name, Known { history, expires_at })),
                // Of a newer version: it stays, because the condition of the write does not hold.
                Err(_) => log::line("unreadable", json!({ "function": name })),
            }
        }
        Ok(known)
    }

    async fn keep(
        &self,
        function: &str,
        history: &FunctionHistory,
        read: Option<&Known>,
        expires_at: i64,
    ) -> Result<(), Refused> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Self::item_of(&function_key(function), history)?))
            .item(EXPIRES_AT, number(expires_at));
        let put = match read {
            None => put.condition_expression("attribute_not_exists(incident_id)"),
            Some(Known { history: FunctionHistory { seen_at, beside_at, .. }, .. }) => {
                let put = put.expression_attribute_values(":read", number(seen_at));
                match beside_at {
                    None => put.condition_expression("seen_at = :read AND attribute_not_exists(beside_at)"),
                    Some(beside_at) => put
                        .condition_expression("seen_at = :read AND beside_at = :beside")
                        .expression_attribute_values(":beside", number(beside_at)),
                }
            }
        };
        match put.send().await {
            // Another sweep was faster.
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            answer => answer.map(drop).map_err(Refused::of("dynamodb:PutItem")),
        }
    }
}

#[cfg(test)]
mod tests {
    use incident_model::analysis::Change;

    use super::*;
    use crate::local_table::{LocalTable, TABLE, Tested};

    const NOW: i64 = 1_795_773_480;

    fn history(seen_at: i64, memory: u64) -> FunctionHistory {
        let from = vec!["A".to_owned(), "B".to_owned()];
        let environment = Altered::Environment { added: from, removed: Vec::new() };
        let setting = Altered::Setting { name: "memory".to_owned(), from: "512".to_owned(), to: memory.to_string() };
        let altered = [setting, environment, Altered::Something, Altered::Code { version: String::new() }];
        let change = |altered| Change { altered, at: NOW - 60, since: Some(NOW - 3600), by: None };
        let state = FunctionState { memory: Some(memory), modified_at: Some(NOW - 60), ..FunctionState::default() };
        FunctionHistory { seen_at, state, changes: altered.map(change).to_vec(), ..FunctionHistory::default() }
    }

    #[tokio::test]
    async fn a_snapshot_is_read_as_it_was_written_and_replaced_once() -> Tested {
        let local = LocalTable::create().await?;
        let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
        assert_eq!(memory.known(&["orders", "bills"]).await?, BTreeMap::new());
        let (first, second, third) = (history(NOW, 128), history(NOW + 60, 256), history(NOW + 120, 512));
        memory.keep("orders", &first, None, NOW + 100).await?;
        memory.keep("orders", &second, None, NOW + 100).await?;
        let known = memory.known(&["orders", "bills"]).await?;
        let read = Known { history: first, expires_at: Some(NOW + 100) };
        assert_eq!(known, [("orders".to_owned(), read.clone())].into(), "another sweep's stays");
        memory.keep("orders", &second, Some(&read), NOW + 200).await?;
        memory.keep("orders", &third, Some(&read), NOW + 300).await?;
        let known = memory.known(&["orders"]).await?;
        assert_eq!(known.get("orders"), Some(&Known { history: second, expires_at: Some(NOW + 200) }));
        Ok(())
    }

    #[tokio::test]
    async fn an_unreadable_snapshot_stays_and_stops_nothing() -> Tested {
        let local = LocalTable::create().await?;
        let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
        let key = ("incident_id", text(&function_key("orders")));
        let put = local.client.put_item().table_name(TABLE).item(key.0, key.1).item("seen_at", text("of the future"));
        put.send().await?;
        memory.keep("bills", &history(NOW, 128), None, NOW + 100).await?;
        memory.keep("orders", &history(NOW, 128), None, NOW + 100).await?;
        let known = memory.known(&["orders", "bills"]).await?;
        assert_eq!(known.keys().collect::<Vec<_>>(), ["bills"]);
        Ok(())
    }

    #[tokio::test]
    async fn of_two_sweeps_one_saves_the_round() -> Tested {
        let local = LocalTable::create().await?;
        let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
        let (round, version) = memory.round().await?;
        assert_eq!((&round, version), (&Round::default(), 0));
        let mut claimed = round.claimed(NOW).ok_or("a page is due")?;
        assert!(memory.save(&claimed, version).await?);
        assert!(!memory.save(&claimed, version).await?, "the other one was faster");
        assert_eq!(memory.round().await?, (claimed.clone(), 1));
        claimed.advance(Some("f-00050".to_owned()), 50);
        assert!(memory.save(&claimed, 1).await?);
        assert_eq!(memory.round().await?, (claimed, 2));
        Ok(())
    }
}
