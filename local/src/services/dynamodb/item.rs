//! Items: reading them from JSON, their limits.

use serde_json::Value;
use winterbaume_dynamodb::types::{AttributeValue, Item};

use super::table::Table;
use super::{Failure, invalid};

/// Bytes that an item may have, names included.
const LIMIT: usize = 400 * 1024;

/// Levels of lists and maps in one another, as the quotas of DynamoDB have it.
const DEEPEST: usize = 32;

/// Reads a map of attribute values.
pub(super) fn read(value: &Value) -> Result<Item, Failure> {
    let members = value.as_object().ok_or_else(|| invalid("Expected a map of attribute values"))?;
    members.iter().map(|(name, value)| Ok((name.clone(), read_value(value)?))).collect()
}

fn read_value(value: &Value) -> Result<AttributeValue, Failure> {
    if value.as_object().is_none_or(|members| members.len() != 1) {
        return Err(invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"));
    }
    let read: AttributeValue = serde_json::from_value(value.clone()).map_err(|_| {
        invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    })?;
    check_value(&read)?;
    check_depth(&read)?;
    Ok(read)
}

fn check_value(value: &AttributeValue) -> Result<(), Failure> {
    let empty_set =
        |kind: &str| invalid(format!("One or more parameter values were invalid: An {kind} set  may not be empty"));
    match value {
        AttributeValue::N(number) => check_number(number),
        AttributeValue::NS(numbers) if numbers.is_empty() => Err(empty_set("number")),
        AttributeValue::NS(numbers) => numbers.iter().try_for_each(|number| check_number(number)),
        AttributeValue::SS(texts) if texts.is_empty() => Err(empty_set("string")),
        AttributeValue::BS(bytes) if bytes.is_empty() => Err(empty_set("binary")),
        AttributeValue::SS(texts) | AttributeValue::BS(texts) => {
            let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
            if distinct.len() == texts.len() {
                return Ok(());
            }
            Err(invalid(format!(
                "One or more parameter values were invalid: Input collection [{}] contains duplicates.",
                texts.join(", ")
            )))
        }
        AttributeValue::Null(false) => Err(invalid(
            "One or more parameter values were invalid: Null attribute value types must have the value of true",
        )),
        AttributeValue::L(list) => list.iter().try_for_each(check_value),
        AttributeValue::M(map) => map.values().try_for_each(check_value),
        _ => Ok(()),
    }
}

/// Refuses what lies too deep. An update may put a value that is allowed into a place that is allowed, and the two
/// together go too deep; what goes ever deeper ends this process.
fn check_depth(value: &AttributeValue) -> Result<(), Failure> {
    fn fits(value: &AttributeValue, left: usize) -> bool {
        let below = left.checked_sub(1);
        let fits_below = |value| below.is_some_and(|left| fits(value, left));
        match value {
            AttributeValue::L(list) => below.is_some() && list.iter().all(fits_below),
            AttributeValue::M(map) => below.is_some() && map.values().all(fits_below),
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

fn check_number(number: &str) -> Result<(), Failure> {
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() && !number.is_empty() => {
            let digits = number.split(['e', 'E']).next().unwrap_or_default();
            let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
            if digits.trim_start_matches('0').trim_end_matches('0').len() > 38 {
                return Err(invalid("Attempting to store more than 38 significant digits in a Number"));
            }
            Ok(())
        }
        _ => Err(invalid(format!("The parameter cannot be converted to a numeric value: {number}"))),
    }
}

pub(super) fn write(item: &Item) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

/// Bytes of an item as DynamoDB counts them.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => decoded_length(bytes),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::SS(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::NS(numbers) => numbers.iter().map(|number| number_size(number)).sum(),
        AttributeValue::BS(list) => list.iter().map(|bytes| decoded_length(bytes)).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|element| 1 + value_size(element)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>(),
    }
}

fn number_size(number: &str) -> usize {
    number.chars().filter(char::is_ascii_digit).count().div_ceil(2) + 1
}

/// Bytes behind a base64 text.
pub(super) fn decoded_length(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

/// Checks an item that is about to be stored.
pub(super) fn check(table: &Table, item: &Item, updating: bool) -> Result<(), Failure> {
    check_key_attributes(table, item)?;
    for index in &table.indexes {
        for name in index.keys.names() {
            let Some(value) = item.get(name) else { continue };
            let expected = table.attribute_type(name);
            if type_of(value) != expected {
                return Err(invalid(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: {expected} Actual: {} IndexName: {}",
                    type_of(value),
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

fn check_key_attributes(table: &Table, item: &Item) -> Result<(), Failure> {
    for name in table.keys.names() {
        let value = item.get(name).ok_or_else(|| {
            invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"))
        })?;
        let expected = table.attribute_type(name);
        if type_of(value) != expected {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} actual: {}",
                type_of(value)
            )));
        }
        if is_empty(value) {
            return Err(invalid(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
            )));
        }
    }
    Ok(())
}

/// Checks the `Key` of a request: exactly the key attributes of the table, of their types.
pub(super) fn check_key(table: &Table, key: &Item) -> Result<(), Failure> {
    let matches = key.len() == table.keys.names().count()
        && table
            .keys
            .names()
            .all(|name| key.get(name).is_some_and(|value| type_of(value) == table.attribute_type(name)));
    if !matches {
        return Err(invalid("The provided key element does not match the schema"));
    }
    check_key_attributes(table, key)
}

fn is_empty(value: &AttributeValue) -> bool {
    matches!(value, AttributeValue::S(text) | AttributeValue::B(text) if text.is_empty())
}

fn type_of(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::S(_) => "S",
        AttributeValue::N(_) => "N",
        AttributeValue::B(_) => "B",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Null(_) => "NULL",
        AttributeValue::SS(_) => "SS",
        AttributeValue::NS(_) => "NS",
        AttributeValue::BS(_) => "BS",
        AttributeValue::L(_) => "L",
        AttributeValue::M(_) => "M",
    }
}
