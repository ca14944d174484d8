//! Items: reading them from JSON, their limits.

use serde_json::Value;

use super::key::KeySchema;
use super::table::Table;
use super::value::{self, AttributeValue, Item};
use super::{Failure, invalid};

/// Bytes of a value to partition by, and of one to sort by.
const LONGEST_KEYS: [usize; 2] = [2048, 1024];

/// Bytes that an item may have, names included.
const LIMIT: usize = 400 * 1024;

/// Levels of a value, as the quotas of DynamoDB have it: 31 lists and maps in one another, and what is in the last.
const DEEPEST: usize = 32;

/// Reads a map of attribute values.
pub(super) fn read(value: &Value) -> Result<Item, Failure> {
    let members = value.as_object().ok_or_else(|| invalid("Expected a map of attribute values"))?;
    let item = value::read_map(members)?;
    item.values().try_for_each(check_depth).map(|()| item)
}

/// Reads one attribute value.
pub(super) fn read_value(value: &Value) -> Result<AttributeValue, Failure> {
    let read = AttributeValue::read(value)?;
    check_depth(&read).map(|()| read)
}

/// Refuses what lies too deep. An update may put a value that is allowed into a place that is allowed, and the two
/// together go too deep; what goes ever deeper ends this process.
fn check_depth(value: &AttributeValue) -> Result<(), Failure> {
    fn fits(value: &AttributeValue, left: usize) -> bool {
        let Some(left) = left.checked_sub(1) else { return false };
        match value {
            AttributeValue::L(list) => list.iter().all(|value| fits(value, left)),
            AttributeValue::M(map) => map.values().all(|value| fits(value, left)),
            _ => true,
        }
    }
    if fits(value, DEEPEST) {
        return Ok(());
    }
    Err(invalid(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    ))
}

pub(super) fn write(item: &Item) -> Value {
    value::write_map(item)
}

/// Bytes of an item as DynamoDB counts them.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| attribute_size(name, value)).sum()
}

/// Bytes of one attribute, its name included.
pub(super) fn attribute_size(name: &str, value: &AttributeValue) -> usize {
    name.len() + value.size()
}

/// Checks an item that is about to be stored.
pub(super) fn check(table: &Table, item: &Item, updating: bool) -> Result<(), Failure> {
    check_key_attributes(table, item)?;
    for index in &table.indexes {
        check_key_sizes(&index.keys, item)?;
        for name in index.keys.names() {
            let Some(value) = item.get(name) else { continue };
            let expected = table.attribute_type(name);
            if value.kind() != expected {
                return Err(invalid(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: {expected} Actual: {} IndexName: {}",
                    value.kind(),
                    index.name
                )));
            }
            if is_empty(value) {
                return Err(invalid(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: {}, IndexKey: {name}",
                    index.name
                )));
            }
        }
    }
    item.values().try_for_each(check_depth)?;
    if size(item) > LIMIT {
        let what = if updating { "Item size to update" } else { "Item size" };
        return Err(invalid(format!("{what} has exceeded the maximum allowed size")));
    }
    Ok(())
}

/// Refuses keys that are too long, as "Quotas in Amazon DynamoDB" has it.
fn check_key_sizes(keys: &KeySchema, item: &Item) -> Result<(), Failure> {
    let [longest, longest_sort] = LONGEST_KEYS;
    let is_longer = |name: &String, limit| match item.get(name) {
        Some(value @ (AttributeValue::S(_) | AttributeValue::B(_))) => value.size() > limit,
        _ => false,
    };
    let wrong = |what: &str| Err(invalid(format!("One or more parameter values were invalid: {what}")));
    if is_longer(&keys.partition, longest) {
        return wrong("Size of hashkey has exceeded the maximum size limit of2048 bytes");
    }
    match &keys.sort {
        Some(sort) if is_longer(sort, longest_sort) => {
            wrong("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
        }
        _ => Ok(()),
    }
}

fn check_key_attributes(table: &Table, item: &Item) -> Result<(), Failure> {
    for name in table.keys.names() {
        let value = item.get(name).ok_or_else(|| {
            invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"))
        })?;
        let expected = table.attribute_type(name);
        if value.kind() != expected {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} actual: {}",
                value.kind()
            )));
        }
        if is_empty(value) {
            return Err(invalid(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
            )));
        }
    }
    check_key_sizes(&table.keys, item)
}

/// Checks the `Key` of a request: exactly the key attributes of the table, of their types.
pub(super) fn check_key(table: &Table, key: &Item) -> Result<(), Failure> {
    let matches = key.len() == table.keys.names().count()
        && table.keys.names().all(|name| key.get(name).is_some_and(|value| value.kind() == table.attribute_type(name)));
    if !matches {
        return Err(invalid("The provided key element does not match the schema"));
    }
    check_key_attributes(table, key)
}

fn is_empty(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::S(text) => text.is_empty(),
        AttributeValue::B(bytes) => bytes.is_empty(),
        _ => false,
    }
}
