//! Where a page begins: behind the item that `ExclusiveStartKey` is the key of.

use serde_json::Value;

use super::expression::KeyCondition;
use super::key::{KeyAttribute, KeySchema, Unfit};
use super::read::Source;
use super::segment::Segment;
use super::value::Item;
use super::view::Position;
use super::{Failure, invalid, item};

const INVALID: &str = "The provided starting key is invalid";
const MISMATCH: &str = "The provided key element does not match the schema";

/// The start of a scan.
pub(super) fn of_scan(source: &Source<'_>, input: &Value, segment: Segment) -> Result<Option<Position>, Failure> {
    let Some(start) = given(input)? else { return Ok(None) };
    let position = position(source, &start)?;
    match segment.holds(&position.0.partition) {
        true => Ok(Some(position)),
        false => Err(invalid(format!(
            "{INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. {segment}"
        ))),
    }
}

/// The start of a query: within what the query is about.
pub(super) fn of_query(
    source: &Source<'_>,
    input: &Value,
    condition: &KeyCondition,
) -> Result<Option<Position>, Failure> {
    let Some(start) = given(input)? else { return Ok(None) };
    let position = position(source, &start)?;
    if start.get(&source.keys().partition.name) != Some(&condition.partition) {
        return Err(invalid("The provided starting key is outside query boundaries based on provided conditions"));
    }
    if !condition.condition.holds(&start) {
        return Err(invalid("The provided starting key does not match the range key predicate"));
    }
    if condition.is_one && source.index.is_none() {
        return Err(invalid(format!(
            "The provided exclusive start key is invalid: ExclusiveStartKey: {}",
            input.get("ExclusiveStartKey").unwrap_or(&Value::Null)
        )));
    }
    Ok(Some(position))
}

fn given(input: &Value) -> Result<Option<Item>, Failure> {
    let start = input.get("ExclusiveStartKey").filter(|start| !start.is_null());
    start.map(|start| item::read(start).map_err(within_start)).transpose()
}

fn within_start(failure: Failure) -> Failure {
    match failure.error.code.as_str() {
        "ValidationException" => invalid(format!("{INVALID}: {}", failure.error.message)),
        _ => failure,
    }
}

/// Where the item of a key is, which has the attributes of the table's key and of the index's, and no other.
fn position(source: &Source<'_>, start: &Item) -> Result<Position, Failure> {
    let schemas = [source.keys(), &source.table.keys];
    let is_key = |name: &String| schemas.iter().any(|keys| keys.names().any(|key| key == name));
    let has_all = schemas.iter().all(|keys| keys.names().all(|name| start.contains_key(name)));
    if !has_all || !start.keys().all(is_key) {
        return Err(invalid(match source.index {
            Some(_) => INVALID.to_owned(),
            None => format!("{INVALID}: {MISMATCH}"),
        }));
    }
    schemas.iter().try_for_each(|keys| keys.attributes().try_for_each(|key| check(keys, key, start)))?;
    source.position(start).ok_or_else(|| invalid(INVALID))
}

fn check(keys: &KeySchema, key: &KeyAttribute, start: &Item) -> Result<(), Failure> {
    let Some(value) = start.get(&key.name) else { return Ok(()) };
    keys.check(key, value).map_err(|unfit| match unfit {
        Unfit::Type => invalid(format!("{INVALID}: {MISMATCH}")),
        unfit => within_start(item::unfit_for_key(key, unfit)),
    })
}
