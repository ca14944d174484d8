//! What a read or a write is charged, by the size of items: "DynamoDB read and write operations" and "Using Global
//! Secondary Indexes" of the developer guide.

use serde_json::Value;

use super::item;
use super::key::{Key, KeyValue};
use super::table::{Index, Table};
use super::value::{AttributeValue, Item};

/// Bytes that a write unit covers.
const WRITTEN: usize = 1024;
/// Bytes that a read unit covers.
const READ: usize = 4096;
/// A transaction prepares each item, then commits it: "Amazon DynamoDB Transactions: How it works". Only writes of the
/// table are doubled: measured on AWS, an index's part costs the same in a transaction and outside one.
pub(super) const TRANSACTION: f64 = 2.0;

/// Which units are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Read,
    Write,
}

/// Units taken from a table or from one of its indexes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Charge {
    /// The index; `None` for the table itself.
    pub(super) index: Option<String>,
    /// The hash key; `None` where a scan reads from many.
    pub(super) partition: Option<KeyValue>,
    pub(super) kind: Kind,
    pub(super) units: f64,
}

/// How a read treats writes that are under way, and what it costs for each 4 KB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Consistency {
    Eventual,
    Strong,
    Transactional,
}

impl Consistency {
    /// What a request asks for by `ConsistentRead`.
    pub(super) fn of(input: &Value) -> Self {
        match input.get("ConsistentRead").and_then(Value::as_bool) {
            Some(true) => Self::Strong,
            _ => Self::Eventual,
        }
    }

    /// Read units for this many bytes. What is not there costs as much as the smallest item.
    pub(super) fn units(self, bytes: usize) -> f64 {
        let weight = match self {
            Self::Eventual => 0.5,
            Self::Strong => 1.0,
            Self::Transactional => TRANSACTION,
        };
        blocks(bytes, READ) * weight
    }
}

/// Write units for this many bytes; one for nothing.
pub(super) fn write_units(bytes: usize) -> f64 {
    blocks(bytes, WRITTEN)
}

fn blocks(bytes: usize, block: usize) -> f64 {
    bytes.div_ceil(block).max(1) as f64
}

/// The table's part of a write: by the larger of the item before and the item after.
pub(super) fn of_write(key: &Key, bytes: usize, factor: f64) -> Charge {
    let partition = Some(key.partition.clone());
    Charge { index: None, partition, kind: Kind::Write, units: write_units(bytes) * factor }
}

/// The indexes' part of a write, charged by the change of what each index holds: one write for an entry that comes,
/// goes, or changes in place, two for one whose key changes, none for one that stays as it is.
pub(super) fn of_index_writes(table: &Table, before: Option<&Item>, after: Option<&Item>) -> Vec<Charge> {
    table
        .indexes
        .iter()
        .filter(|index| index.gone.is_none())
        .flat_map(|index| of_index_write(table, index, before, after))
        .collect()
}

fn of_index_write(table: &Table, index: &Index, before: Option<&Item>, after: Option<&Item>) -> Vec<Charge> {
    let entry = |item| Entry::of(table, index, item);
    let charge = |key: Key, bytes| Charge { index: Some(index.name.clone()), ..of_write(&key, bytes, 1.0) };
    match (before.and_then(entry), after.and_then(entry)) {
        (None, None) => Vec::new(),
        (Some(only), None) | (None, Some(only)) => vec![charge(only.key, only.bytes)],
        (Some(old), Some(new)) if old.key != new.key => vec![charge(old.key, old.bytes), charge(new.key, new.bytes)],
        (Some(old), Some(new)) if old.attributes == new.attributes => Vec::new(),
        (Some(old), Some(new)) => vec![charge(new.key, old.bytes.max(new.bytes))],
    }
}

/// What an index holds of an item.
struct Entry<'i> {
    key: Key,
    attributes: Vec<(&'i String, &'i AttributeValue)>,
    bytes: usize,
}

impl<'i> Entry<'i> {
    fn of(table: &Table, index: &Index, item: &'i Item) -> Option<Self> {
        let key = index.keys.key_of(item)?;
        let attributes: Vec<_> = item.iter().filter(|(name, _)| index.projects(&table.keys, name)).collect();
        let bytes = attributes.iter().map(|(name, value)| item::attribute_size(name, value)).sum();
        Some(Self { key, attributes, bytes })
    }
}
