//! One table: its settings, its indexes, its items, and the states it goes through.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Cloud, arn};

use super::expression::Path;
use super::key::{Key, KeySchema};
use super::throttle::Buckets;
use super::value::{AttributeValue, Item};
use super::view::View;
use super::{Failure, invalid};

/// How long after its expiry TTL removes an item here; AWS says "within a few days", and usually takes minutes.
const REMOVAL: Duration = Duration::from_secs(300);

/// A global secondary index.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) keys: KeySchema,
    pub(super) projection: Value,
    /// When its creation ends.
    pub(super) ready: Instant,
    /// When its deletion ends, once that has begun.
    pub(super) gone: Option<Instant>,
    /// Provisioned read and write units; none on demand.
    pub(super) throughput: (i64, i64),
    pub(super) buckets: Buckets,
    pub(super) view: View,
}

impl Index {
    /// Whether it holds an attribute of its table, whose keys are in every index.
    pub(super) fn projects(&self, table_keys: &KeySchema, name: &str) -> bool {
        let included = self.projection.get("NonKeyAttributes").and_then(Value::as_array).into_iter().flatten();
        let keys = self.keys.names().chain(table_keys.names());
        self.holds_all() || keys.map(String::as_str).chain(included.filter_map(Value::as_str)).any(|held| held == name)
    }

    /// Whether it holds its table's items whole.
    pub(super) fn holds_all(&self) -> bool {
        self.projection.get("ProjectionType").and_then(Value::as_str) == Some("ALL")
    }
}

/// What `UpdateTimeToLive` set.
#[derive(Debug, Clone)]
pub(super) struct TimeToLive {
    pub(super) attribute: String,
    pub(super) enabled: bool,
    pub(super) changed: Instant,
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) region: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) created: jiff::Timestamp,
    pub(super) keys: KeySchema,
    /// Name and type (`S`, `N`, `B`).
    pub(super) attributes: Vec<(String, String)>,
    pub(super) indexes: Vec<Index>,
    pub(super) billing_mode: String,
    pub(super) throughput: (i64, i64),
    pub(super) buckets: Buckets,
    pub(super) encryption: Option<Value>,
    pub(super) class: Option<String>,
    pub(super) protected: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) time_to_live: Option<TimeToLive>,
    pub(super) recovery: Option<(jiff::Timestamp, i64)>,
    /// When its creation ends.
    pub(super) ready: Instant,
    /// When a running update ends.
    pub(super) updated: Option<Instant>,
    /// When its deletion ends, once that has begun.
    pub(super) gone: Option<Instant>,
    pub(super) expired: Instant,
    pub(super) items: BTreeMap<Key, Item>,
}

impl Table {
    pub(super) fn arn(&self) -> String {
        arn::local("dynamodb", &self.region, &format!("table/{}", self.name))
    }

    pub(super) fn status(&self) -> &'static str {
        let now = Instant::now();
        match (self.gone, self.updated) {
            (Some(_), _) => "DELETING",
            _ if now < self.ready => "CREATING",
            (None, Some(updated)) if now < updated => "UPDATING",
            _ => "ACTIVE",
        }
    }

    /// Whether items can be read and written; they still can while the table is being updated.
    pub(super) fn takes_data(&self) -> bool {
        matches!(self.status(), "ACTIVE" | "UPDATING")
    }

    pub(super) fn is_on_demand(&self) -> bool {
        self.billing_mode == "PAY_PER_REQUEST"
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.is_some_and(|gone| gone <= Instant::now())
    }

    /// An index that can be queried or described.
    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Refuses to look into the keys of the table and its indexes: nothing is in them.
    pub(super) fn check_paths<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) -> Result<(), Failure> {
        let is_of = |keys: &KeySchema, name: &str| keys.names().any(|key| key == name);
        for name in paths.into_iter().filter(|path| path.0.len() > 1).filter_map(Path::attribute) {
            let what = match name {
                _ if is_of(&self.keys, name) => "Key",
                _ if self.indexes.iter().any(|index| is_of(&index.keys, name)) => "IndexKey",
                _ => continue,
            };
            return Err(invalid(format!(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {what}: {name}"
            )));
        }
        Ok(())
    }

    /// Forgets indexes whose deletion has ended.
    pub(super) fn settle_indexes(&mut self) {
        let now = Instant::now();
        self.indexes.retain(|index| index.gone.is_none_or(|gone| gone > now));
    }

    /// Removes items whose time to live has passed, a while after it has, as the background process of AWS does.
    pub(super) fn expire(&mut self, cloud: &Cloud) {
        let Some(setting) = self.time_to_live.as_ref().filter(|setting| setting.enabled) else { return };
        let removal = cloud.clock.scaled(REMOVAL);
        if self.expired.elapsed() < removal / 5 {
            return;
        }
        self.expired = Instant::now();
        let before = cloud.clock.now().as_millisecond() as f64 / 1000.0 - removal.as_secs_f64();
        // An item that expired more than five years ago is left alone, in case its number is no time at all.
        let five_years_ago = before - 5.0 * 365.0 * 86_400.0;
        let is_over = |item: &Item| match item.get(&setting.attribute) {
            Some(AttributeValue::N(number)) => (five_years_ago..=before).contains(&number.approximately()),
            _ => false,
        };
        let over: Vec<Key> = self.items.iter().filter(|(_, item)| is_over(item)).map(|(key, _)| key.clone()).collect();
        for key in over {
            self.change(cloud, key, None);
        }
    }

    /// Puts an item, or removes it. The indexes follow a moment later.
    pub(super) fn change(&mut self, cloud: &Cloud, key: Key, after: Option<Item>) {
        let arrival = Instant::now() + cloud.clock.scaled(cloud.config.latency.index);
        let before = self.items.get(&key);
        for index in &mut self.indexes {
            index.view.note(&index.keys, arrival, &key, [before, after.as_ref()]);
        }
        match after {
            Some(after) => self.items.insert(key, after),
            None => self.items.remove(&key),
        };
    }

    /// Lets the indexes hold what has reached them by now.
    pub(super) fn settle_views(&mut self) {
        for index in &mut self.indexes {
            index.view.settle(&index.keys);
        }
    }

    /// What `DescribeTable` says.
    pub(super) fn description(&self) -> Value {
        let mut description = json!({
            "AttributeDefinitions": self.attributes.iter()
                .map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind})).collect::<Vec<_>>(),
            "TableName": self.name,
            "KeySchema": schema(&self.keys),
            "TableStatus": self.status(),
            "CreationDateTime": self.created.as_millisecond() as f64 / 1000.0,
            "ProvisionedThroughput": throughput(self.throughput),
            "TableSizeBytes": self.items.values().map(super::item::size).sum::<usize>(),
            "ItemCount": self.items.len(),
            "TableArn": self.arn(),
            "TableId": self.id,
            "DeletionProtectionEnabled": self.protected,
        });
        if self.is_on_demand() {
            description["BillingModeSummary"] = json!({"BillingMode": "PAY_PER_REQUEST",
                "LastUpdateToPayPerRequestDateTime": self.created.as_millisecond() as f64 / 1000.0});
        }
        if let Some(encryption) = &self.encryption {
            description["SSEDescription"] = encryption.clone();
        }
        if let Some(class) = &self.class {
            description["TableClassSummary"] = json!({"TableClass": class});
        }
        if !self.indexes.is_empty() {
            description["GlobalSecondaryIndexes"] =
                self.indexes.iter().map(|index| self.index_description(index)).collect();
        }
        description
    }

    /// What `DeleteTable` says, which is less.
    pub(super) fn farewell(&self) -> Value {
        let mut description = self.description();
        if let Some(members) = description.as_object_mut() {
            let gone = ["AttributeDefinitions", "KeySchema", "CreationDateTime", "GlobalSecondaryIndexes"];
            members.retain(|name, _| !gone.contains(&name.as_str()));
        }
        description
    }

    fn index_description(&self, index: &Index) -> Value {
        let status = match index.gone {
            Some(_) => "DELETING",
            None if Instant::now() < index.ready => "CREATING",
            None => "ACTIVE",
        };
        let mut description = json!({
            "IndexName": index.name,
            "KeySchema": schema(&index.keys),
            "Projection": index.projection,
            "IndexStatus": status,
            "ProvisionedThroughput": throughput(index.throughput),
            "IndexSizeBytes": 0,
            "ItemCount": index.view.len(),
            "IndexArn": format!("{}/index/{}", self.arn(), index.name),
        });
        if status == "CREATING" {
            description["Backfilling"] = false.into();
        }
        description
    }
}

fn throughput((read, write): (i64, i64)) -> Value {
    json!({"NumberOfDecreasesToday": 0, "ReadCapacityUnits": read, "WriteCapacityUnits": write})
}

fn schema(keys: &KeySchema) -> Value {
    let mut elements = vec![json!({"AttributeName": keys.partition.name, "KeyType": "HASH"})];
    elements.extend(keys.sort.as_ref().map(|sort| json!({"AttributeName": sort.name, "KeyType": "RANGE"})));
    Value::Array(elements)
}
