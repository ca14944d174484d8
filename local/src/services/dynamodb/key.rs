//! Keys, in the order in which DynamoDB sorts them.

use super::number::Number;
use super::value::{AttributeValue, Item};

/// A value that can be a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyValue {
    Text(String),
    Number(Number),
    Bytes(Vec<u8>),
}

impl KeyValue {
    pub(super) fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(text) => Some(Self::Text(text.clone())),
            AttributeValue::N(number) => Some(Self::Number(*number)),
            AttributeValue::B(bytes) => Some(Self::Bytes(bytes.clone())),
            _ => None,
        }
    }
}

/// The attributes that make a key: one to partition by, perhaps one to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeySchema {
    pub(super) partition: String,
    pub(super) sort: Option<String>,
}

impl KeySchema {
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.partition).chain(self.sort.as_ref())
    }

    /// The key of an item, or `None` when it lacks a part.
    pub(super) fn key_of(&self, item: &Item) -> Option<Key> {
        let sort = match &self.sort {
            Some(name) => Some(KeyValue::of(item.get(name)?)?),
            None => None,
        };
        Some(Key { partition: KeyValue::of(item.get(&self.partition)?)?, sort })
    }

    /// Only the key attributes of an item.
    pub(super) fn extract(&self, item: &Item) -> Item {
        self.names().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
    }
}

/// Where an item is in its table or index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) partition: KeyValue,
    pub(super) sort: Option<KeyValue>,
}

impl Key {
    /// A key that none of its partition comes before.
    pub(super) fn first_of(partition: KeyValue) -> Self {
        Self { partition, sort: None }
    }
}
