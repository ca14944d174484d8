//! Items: reading them from JSON, their limits.

use serde_json::Value;

use super::key::{KeyAttribute, Unfit};
use super::parameters::mistyped;
use super::table::{Index, Table};
use super::value::{self, AttributeValue, Item};
use super::{Failure, invalid};

/// Bytes that an item may have, names included.
pub(super) const LIMIT: usize = 400 * 1024;

/// Levels of a value, as the quotas of DynamoDB have it: 31 lists and maps in one another, and what is in the last.
const DEEPEST: usize = 32;

/// Reads a map of attribute values.
pub(super) fn read(value: &Value) -> Result<Item, Failure> {
    let members = value.as_object().ok_or_else(|| mistyped(value, "Map"))?;
    let item = value::read_map(members)?;
    item.values().try_for_each(check_depth).map_err(Failure::of_item)?;
    Ok(item)
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

/// Checks an item that is about to be stored: in place of an older one when it is an update's. What such an item had
/// already may not fit the key of an index, which leaves it out then.
pub(super) fn check(table: &Table, item: &Item, updated: Option<&Item>) -> Result<(), Failure> {
    fits(table, item, updated).map_err(Failure::of_item)
}

fn fits(table: &Table, item: &Item, updated: Option<&Item>) -> Result<(), Failure> {
    check_key_attributes(table, item)?;
    for index in &table.indexes {
        for attribute in index.keys.attributes() {
            let new = item
                .get(&attribute.name)
                .filter(|new| updated.is_none_or(|old| old.get(&attribute.name) != Some(*new)));
            let Some(value) = new else { continue };
            index.keys.check(attribute, value).map_err(|unfit| unfit_for_index(index, attribute, value, unfit))?;
        }
    }
    item.values().try_for_each(check_depth)?;
    if size(item) > LIMIT {
        let what = if updated.is_some() { "Item size to update" } else { "Item size" };
        return Err(invalid(format!("{what} has exceeded the maximum allowed size")));
    }
    Ok(())
}

fn unfit_for_index(index: &Index, key: &KeyAttribute, value: &AttributeValue, unfit: Unfit) -> Failure {
    let (index, name) = (&index.name, &key.name);
    invalid(match unfit {
        Unfit::Type => format!(
            "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {index}",
            key.kind,
            value.kind()
        ),
        Unfit::Empty(_) => format!(
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. {unfit} IndexName: {index}, IndexKey: {name}"
        ),
        Unfit::LongPartition | Unfit::LongSort => unfit.to_string(),
    })
}

fn check_key_attributes(table: &Table, item: &Item) -> Result<(), Failure> {
    for key in table.keys.attributes() {
        let name = &key.name;
        let value = item.get(name).ok_or_else(|| {
            invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"))
        })?;
        table.keys.check(key, value).map_err(|unfit| match unfit {
            Unfit::Type => invalid(format!(
                "One or more parameter values were invalid: Type mismatch for key {name} expected: {} actual: {}",
                key.kind,
                value.kind()
            )),
            unfit => unfit_for_key(key, unfit),
        })?;
    }
    Ok(())
}

/// A value that has the type of a key attribute and cannot be one.
pub(super) fn unfit_for_key(key: &KeyAttribute, unfit: Unfit) -> Failure {
    invalid(match unfit {
        Unfit::Empty(_) => format!("One or more parameter values are not valid. {unfit} Key: {}", key.name),
        unfit => unfit.to_string(),
    })
}

/// Checks the `Key` of a request: exactly the key attributes of the table, of their types.
pub(super) fn check_key(table: &Table, key: &Item) -> Result<(), Failure> {
    let fits = |attribute: &KeyAttribute| key.get(&attribute.name).is_some_and(|value| value.kind() == attribute.kind);
    if key.len() != table.keys.names().count() || !table.keys.attributes().all(fits) {
        return Err(invalid("The provided key element does not match the schema").of_item());
    }
    check_key_attributes(table, key).map_err(Failure::of_item)
}
