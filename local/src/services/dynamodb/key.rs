//! Keys, in the order in which DynamoDB sorts them.

use super::number::Number;
use super::value::{AttributeValue, Item};

/// A value that can be a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Bytes of a value to partition by, and of one to sort by: "Quotas in Amazon DynamoDB".
const LONGEST: [usize; 2] = [2048, 1024];

/// Why a value cannot be the key that it is meant to be, in AWS's words where it always has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("One or more parameter values were invalid: Condition parameter type does not match schema type")]
    Type,
    /// Empty, and of this type: `string` or `binary`.
    #[error("The AttributeValue for a key attribute cannot contain an empty {0} value.")]
    Empty(&'static str),
    #[error(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )]
    LongPartition,
    #[error(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )]
    LongSort,
}

/// An attribute that a key has: its name, and its type (`S`, `N`, `B`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyAttribute {
    pub(super) name: String,
    pub(super) kind: String,
}

/// The attributes that make a key: one to partition by, perhaps one to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeySchema {
    pub(super) partition: KeyAttribute,
    pub(super) sort: Option<KeyAttribute>,
}

impl KeySchema {
    pub(super) fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.partition).chain(self.sort.as_ref())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.attributes().map(|attribute| &attribute.name)
    }

    /// Refuses a value that cannot be that of one of the attributes here.
    pub(super) fn check(&self, attribute: &KeyAttribute, value: &AttributeValue) -> Result<(), Unfit> {
        let is_partition = attribute == &self.partition;
        let [longest, longest_sort] = LONGEST;
        match value {
            _ if value.kind() != attribute.kind => Err(Unfit::Type),
            AttributeValue::S(text) if text.is_empty() => Err(Unfit::Empty("string")),
            AttributeValue::B(bytes) if bytes.is_empty() => Err(Unfit::Empty("binary")),
            AttributeValue::N(_) => Ok(()),
            _ if is_partition && value.size() > longest => Err(Unfit::LongPartition),
            _ if !is_partition && value.size() > longest_sort => Err(Unfit::LongSort),
            _ => Ok(()),
        }
    }

    /// The key of an item, or `None` when it lacks a part or has one that cannot be a key: an index leaves it out.
    pub(super) fn key_of(&self, item: &Item) -> Option<Key> {
        let value = |attribute: &KeyAttribute| {
            let value = item.get(&attribute.name)?;
            self.check(attribute, value).ok()?;
            KeyValue::of(value)
        };
        let sort = match &self.sort {
            Some(attribute) => Some(value(attribute)?),
            None => None,
        };
        Some(Key { partition: value(&self.partition)?, sort })
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
