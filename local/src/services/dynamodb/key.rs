//! Keys, in the order in which DynamoDB sorts them.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use winterbaume_dynamodb::types::{AttributeValue, Item};

/// A value that can be a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyValue {
    Text(String),
    Number(String),
    Bytes(Vec<u8>),
}

impl KeyValue {
    pub(super) fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(text) => Some(Self::Text(text.clone())),
            AttributeValue::N(number) => Some(Self::Number(normal(number))),
            AttributeValue::B(bytes) => Some(Self::Bytes(STANDARD.decode(bytes).unwrap_or_default())),
            _ => None,
        }
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Bytes(left), Self::Bytes(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => compare_numbers(left, right),
            (Self::Text(_), _) | (Self::Number(_), Self::Bytes(_)) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares decimal numbers by value; those too close for a float by their digits.
pub(super) fn compare_numbers(left: &str, right: &str) -> Ordering {
    let value = |text: &str| text.parse::<f64>().unwrap_or(0.0);
    value(left).total_cmp(&value(right)).then_with(|| {
        let (left, right) = (normal(left), normal(right));
        let ascending = left.len().cmp(&right.len()).then_with(|| left.cmp(&right));
        if left.starts_with('-') { ascending.reverse() } else { ascending }
    })
}

/// One way of writing each number: `1`, `1.0` and `01` are the same key.
fn normal(number: &str) -> String {
    if number.contains(['e', 'E']) {
        return number.parse::<f64>().map(|value| value.to_string()).unwrap_or_else(|_| number.to_owned());
    }
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.trim_start_matches('+')),
    };
    let digits = digits.trim_start_matches('0');
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    match digits {
        "" => "0".to_owned(),
        fraction if fraction.starts_with('.') => format!("{sign}0{fraction}"),
        other => format!("{sign}{other}"),
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
