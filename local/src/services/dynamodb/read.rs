//! Reading items: by key, by query, by scan.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::Cloud;

use super::capacity::{self, Charge, Consistency};
use super::consumed::{Consumed, Shape};
use super::expression::{Condition, KeyCondition, Kind, Path, Placeholders, Projection};
use super::key::{Key, KeySchema, KeyValue};
use super::segment::Segment;
use super::table::{Index, Table};
use super::value::{AttributeValue, Item};
use super::view::Position;
use super::{Failure, invalid, item, required, required_map, start};

/// Bytes of items that one page holds.
const PAGE: usize = 1024 * 1024;

pub(super) fn get(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let found = one(table, input)?;
    consumed.take(cloud, table, name, vec![found.charge(Consistency::of(input))])?;
    let mut output = json!({});
    if let Some(item) = found.item {
        output["Item"] = item::write(&item);
    }
    consumed.answer(&mut output, input, Shape::Single);
    Ok(output)
}

/// What is under a key.
pub(super) struct Found {
    pub(super) key: Key,
    /// Projected.
    pub(super) item: Option<Item>,
    /// Bytes of the whole item.
    pub(super) bytes: usize,
}

impl Found {
    /// What it costs to have looked: by the whole item, whatever part of it is wanted.
    pub(super) fn charge(&self, consistency: Consistency) -> Charge {
        read_charge(None, Some(self.key.partition.clone()), consistency.units(self.bytes))
    }
}

fn read_charge(index: Option<String>, partition: Option<KeyValue>, units: f64) -> Charge {
    Charge { index, partition, kind: capacity::Kind::Read, units }
}

/// Reads the item of a `Key`, projected.
pub(super) fn one(table: &Table, input: &Value) -> Result<Found, Failure> {
    let placeholders = Placeholders::read(input, &[Kind::Projection])?;
    let projection = placeholders.projection(input)?;
    placeholders.all_used()?;
    table.check_paths(projection.iter().flat_map(Projection::paths))?;
    let key = item::read(required_map(input, "Key")?)?;
    item::check_key(table, &key)?;
    let key = table.keys.key_of(&key).ok_or_else(|| invalid("The provided key element does not match the schema"))?;
    let found = table.items.get(&key);
    let (item, bytes) = (found.map(|item| project(item, projection.as_ref())), found.map_or(0, item::size));
    Ok(Found { key, item, bytes })
}

fn project(item: &Item, projection: Option<&Projection>) -> Item {
    projection.map_or_else(|| item.clone(), |projection| projection.from(item))
}

/// What is read: the table or one of its indexes.
pub(super) struct Source<'a> {
    pub(super) table: &'a Table,
    pub(super) index: Option<&'a Index>,
}

impl<'a> Source<'a> {
    fn open(table: &'a Table, input: &Value) -> Result<Self, Failure> {
        let Some(name) = input.get("IndexName").and_then(Value::as_str) else {
            return Ok(Self { table, index: None });
        };
        let index =
            table.index(name).ok_or_else(|| invalid(format!("The table does not have the specified index: {name}")))?;
        if index.ready > std::time::Instant::now() {
            return Err(invalid(format!("Cannot read from backfilling global secondary index: {name}")));
        }
        if input.get("ConsistentRead").and_then(Value::as_bool) == Some(true) {
            return Err(invalid("Consistent reads are not supported on global secondary indexes"));
        }
        Ok(Self { table, index: Some(index) })
    }

    pub(super) fn keys(&self) -> &'a KeySchema {
        self.index.map_or(&self.table.keys, |index| &index.keys)
    }

    /// Where an item is. `None` when the index leaves it out.
    pub(super) fn position(&self, item: &Item) -> Option<Position> {
        Some((self.keys().key_of(item)?, self.table.keys.key_of(item)?))
    }

    /// All items, in order.
    fn all(&self) -> Vec<(Position, &'a Item)> {
        match self.index {
            Some(index) => index.view.all().collect(),
            None => self.table.items.iter().map(|(key, item)| ((key.clone(), key.clone()), item)).collect(),
        }
    }

    /// The items of one partition, in order.
    fn partition(&self, partition: &AttributeValue) -> Vec<(Position, &'a Item)> {
        let Some(partition) = KeyValue::of(partition) else { return Vec::new() };
        if let Some(index) = self.index {
            return index.view.partition(partition).collect();
        }
        let items = self.table.items.range(Key::first_of(partition.clone())..);
        let items = items.take_while(|(key, _)| key.partition == partition);
        items.map(|(key, item)| ((key.clone(), key.clone()), item)).collect()
    }

    /// What a page costs: by the bytes of all that was read together, before any filter.
    fn charge(&self, partition: Option<KeyValue>, input: &Value, bytes: usize) -> Charge {
        read_charge(self.index.map(|index| index.name.clone()), partition, Consistency::of(input).units(bytes))
    }

    /// The key attributes that a page ends with.
    fn last_key(&self, item: &Item) -> Item {
        let mut key = self.keys().extract(item);
        key.extend(self.table.keys.extract(item));
        key
    }

    /// What of an item is there.
    fn held(&self, item: &Item) -> Item {
        match self.holds_all() {
            true => item.clone(),
            false => item.clone().into_iter().filter(|(name, _)| self.projects(name)).collect(),
        }
    }

    fn projects(&self, name: &str) -> bool {
        self.index.is_none_or(|index| index.projects(&self.table.keys, name))
    }

    fn holds_all(&self) -> bool {
        self.index.is_none_or(Index::holds_all)
    }

    /// Refuses to read from an index what it does not hold: nothing is fetched from the table for it.
    fn check_projected(&self, filter: Option<&Condition>, projection: Option<&Projection>) -> Result<(), Failure> {
        let index = self.index.map_or("", |index| &index.name);
        let wanted = projection.into_iter().flat_map(Projection::paths).filter_map(Path::attribute);
        let missing: Vec<&str> = wanted.filter(|name| !self.projects(name)).collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Global secondary index {index} does not project [{}]",
                missing.join(", ")
            )));
        }
        let wanted = filter.into_iter().flat_map(Condition::paths).filter_map(Path::attribute);
        let missing: BTreeSet<&str> = wanted.filter(|name| !self.projects(name)).collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Secondary index {index} does not project one or more filter attributes: [{}]",
                missing.into_iter().collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(())
    }
}

pub(super) fn query(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let source = Source::open(table, input)?;
    let placeholders = Placeholders::read(input, &[Kind::Filter, Kind::KeyCondition, Kind::Projection])?;
    let condition = placeholders.condition(input, Kind::KeyCondition)?.ok_or_else(|| {
        invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let wanted = Wanted::read(input, &placeholders)?;
    let keys = KeyCondition::of(condition, source.keys())?;
    wanted.refuse_keys(source.keys())?;
    let mut matching = source.partition(&keys.partition);
    matching.retain(|(_, item)| keys.condition.holds(item));
    let ascending = input.get("ScanIndexForward").and_then(Value::as_bool).unwrap_or(true);
    if !ascending {
        matching.reverse();
    }
    let start = start::of_query(&source, input, &keys)?;
    let wanted = Wanted { start, is_one: keys.is_one && source.index.is_none(), ..wanted };
    let Page { mut output, bytes } = page(&source, input, &wanted, matching, ascending)?;
    let charge = source.charge(KeyValue::of(&keys.partition), input, bytes);
    consumed.take(cloud, table, name, vec![charge])?;
    consumed.answer(&mut output, input, Shape::Single);
    Ok(output)
}

pub(super) fn scan(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let source = Source::open(table, input)?;
    let placeholders = Placeholders::read(input, &[Kind::Filter, Kind::Projection])?;
    let wanted = Wanted::read(input, &placeholders)?;
    let mut items = source.all();
    let segment = Segment::read(input)?;
    items.retain(|((key, _), _)| segment.holds(&key.partition));
    let wanted = Wanted { start: start::of_scan(&source, input, segment)?, ..wanted };
    let Page { mut output, bytes } = page(&source, input, &wanted, items, true)?;
    let charge = source.charge(None, input, bytes);
    consumed.take(cloud, table, name, vec![charge])?;
    consumed.answer(&mut output, input, Shape::Single);
    Ok(output)
}

/// Which items are wanted, and what of them.
struct Wanted {
    filter: Option<Condition>,
    projection: Option<Projection>,
    /// Behind which item it goes on.
    start: Option<Position>,
    /// Whether it is one item at most, which nothing can follow.
    is_one: bool,
}

impl Wanted {
    /// Reads the last expressions of a request.
    fn read(input: &Value, placeholders: &Placeholders) -> Result<Self, Failure> {
        let filter = placeholders.condition(input, Kind::Filter)?;
        let projection = placeholders.projection(input)?;
        placeholders.all_used()?;
        Ok(Self { filter, projection, start: None, is_one: false })
    }

    /// Refuses a filter on the keys that a query is about. A scan may have one.
    fn refuse_keys(&self, keys: &KeySchema) -> Result<(), Failure> {
        let mut named = self.filter.iter().flat_map(Condition::paths).filter_map(Path::attribute);
        match named.find(|name| keys.names().any(|key| key == name)) {
            None => Ok(()),
            Some(key) => Err(invalid(format!(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"
            ))),
        }
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let projected = self.projection.iter().flat_map(Projection::paths);
        self.filter.iter().flat_map(Condition::paths).chain(projected)
    }
}

/// One page of an answer, and the bytes that were read for it.
struct Page {
    output: Value,
    bytes: usize,
}

/// Cuts one page out of sorted items, filters and projects it.
fn page(
    source: &Source<'_>,
    input: &Value,
    wanted: &Wanted,
    mut items: Vec<(Position, &Item)>,
    ascending: bool,
) -> Result<Page, Failure> {
    let (filter, projection) = (wanted.filter.as_ref(), wanted.projection.as_ref());
    let counts_only = check_select(source, input, projection.is_some())?;
    source.table.check_paths(wanted.paths())?;
    source.check_projected(filter, projection)?;
    if let Some(start) = &wanted.start {
        items.retain(|(at, _)| if ascending { at > start } else { at < start });
    }
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(usize::MAX);
    let mut bytes = 0;
    let mut scanned = 0;
    let mut found = Vec::new();
    for (_, item) in &items {
        if scanned == limit || bytes > PAGE {
            break;
        }
        scanned += 1;
        let held = source.held(item);
        bytes += item::size(&held);
        if filter.is_none_or(|filter| filter.holds(&held)) {
            found.push(item::write(&project(&held, projection)));
        }
    }
    let mut output = json!({"Count": found.len(), "ScannedCount": scanned});
    if !counts_only {
        output["Items"] = Value::Array(found);
    }
    // As on AWS, a page that `Limit` filled exactly ends with a key even when nothing follows.
    if let Some((_, last)) = scanned.checked_sub(1).and_then(|last| items.get(last))
        && (scanned == limit || scanned < items.len())
        && !wanted.is_one
    {
        output["LastEvaluatedKey"] = item::write(&source.last_key(last));
    }
    Ok(Page { output, bytes })
}

/// Checks `Select`; returns whether only counts are wanted.
fn check_select(source: &Source<'_>, input: &Value, projects: bool) -> Result<bool, Failure> {
    match (input.get("Select").and_then(Value::as_str), projects) {
        (None | Some("SPECIFIC_ATTRIBUTES"), true) | (None, false) => Ok(false),
        (Some("SPECIFIC_ATTRIBUTES"), false) => Err(invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        )),
        (Some(select), true) => {
            Err(invalid(format!("Cannot specify the ProjectionExpression when choosing to get {select}")))
        }
        (Some("COUNT"), false) => Ok(true),
        (Some("ALL_ATTRIBUTES"), false) => match source.index {
            Some(index) if !source.holds_all() => Err(invalid(format!(
                "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is not ALL",
                index.name
            ))),
            _ => Ok(false),
        },
        (Some("ALL_PROJECTED_ATTRIBUTES"), false) if source.index.is_some() => Ok(false),
        (Some(_), false) => Err(invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")),
    }
}
