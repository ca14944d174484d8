//! Reading items: by key, by query, by scan.

use serde_json::{Value, json};
use winterbaume_dynamodb::expr::{self, CompOp, Expr, Operand};
use winterbaume_dynamodb::types::{AttributeValue, Item, PathSegment};

use crate::Cloud;

use super::expressions::{Placeholders, attributes, holds};
use super::key::{Key, KeySchema, KeyValue};
use super::table::{Index, Table};
use super::view::Position;
use super::write::{add_capacity, refuse_legacy};
use super::{Failure, invalid, item, required};

/// Bytes of items that one page holds.
const PAGE: usize = 1024 * 1024;

pub(super) fn get(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let mut output = json!({});
    if let Some(found) = one(table, input)? {
        output["Item"] = item::write(&found);
    }
    add_capacity(&mut output, input, name);
    Ok(output)
}

/// Reads the item of a `Key`, projected.
pub(super) fn one(table: &Table, input: &Value) -> Result<Option<Item>, Failure> {
    refuse_legacy(input)?;
    let placeholders = Placeholders::read(input)?;
    let projection = placeholders.projection(input)?;
    placeholders.all_used()?;
    let key = item::read(input.get("Key").unwrap_or(&Value::Null))?;
    item::check_key(table, &key)?;
    let found = table.keys.key_of(&key).and_then(|key| table.items.get(&key));
    Ok(found.map(|item| project(item, projection.as_deref())))
}

pub(super) fn project(item: &Item, paths: Option<&[Vec<String>]>) -> Item {
    paths.map_or_else(|| item.clone(), |paths| expr::apply_projection(item, paths))
}

/// What is read: the table or one of its indexes.
struct Source<'a> {
    table: &'a Table,
    index: Option<&'a Index>,
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

    fn keys(&self) -> &'a KeySchema {
        self.index.map_or(&self.table.keys, |index| &index.keys)
    }

    /// Where an item is. `None` when the index leaves it out.
    fn position(&self, item: &Item) -> Option<Position> {
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
        let Some(index) = self.index.filter(|_| !self.holds_all()) else { return true };
        let included = index.projection.get("NonKeyAttributes").and_then(Value::as_array).into_iter().flatten();
        let keys = self.keys().names().chain(self.table.keys.names());
        keys.map(String::as_str).chain(included.filter_map(Value::as_str)).any(|held| held == name)
    }

    fn holds_all(&self) -> bool {
        self.index.is_none_or(|index| index.projection.get("ProjectionType") == Some(&json!("ALL")))
    }

    /// Refuses to read from an index what it does not hold: nothing is fetched from the table for it.
    fn check_projected(&self, filter: Option<&Expr>, paths: Option<&[Vec<String>]>) -> Result<(), Failure> {
        let index = self.index.map_or("", |index| &index.name);
        let wanted = paths.into_iter().flatten().filter_map(|path| path.first()).map(String::as_str);
        let missing: Vec<&str> = wanted.filter(|name| !self.projects(name)).collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Global secondary index {index} does not project [{}]",
                missing.join(", ")
            )));
        }
        let missing: Vec<&str> = filter.into_iter().flat_map(attributes).filter(|name| !self.projects(name)).collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Secondary index {index} does not project one or more filter attributes: [{}]",
                missing.join(", ")
            )));
        }
        Ok(())
    }
}

pub(super) fn query(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let source = Source::open(table, input)?;
    refuse_legacy(input)?;
    let placeholders = Placeholders::read(input)?;
    let condition = placeholders.condition(input, "KeyConditionExpression")?.ok_or_else(|| {
        invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let partition = check_key_condition(&condition, source.keys(), table)?;
    let mut matching = source.partition(&partition);
    matching.retain(|(_, item)| holds(&condition, item));
    let ascending = input.get("ScanIndexForward").and_then(Value::as_bool).unwrap_or(true);
    if !ascending {
        matching.reverse();
    }
    page(&source, input, &placeholders, matching, ascending)
}

pub(super) fn scan(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = required(input, "TableName")?;
    let mut state = cloud.dynamodb.state();
    let table = state.ready(cloud, region, name)?;
    let source = Source::open(table, input)?;
    refuse_legacy(input)?;
    let placeholders = Placeholders::read(input)?;
    page(&source, input, &placeholders, source.all(), true)
}

/// Cuts one page out of sorted items, filters and projects it.
fn page(
    source: &Source<'_>,
    input: &Value,
    placeholders: &Placeholders,
    mut items: Vec<(Position, &Item)>,
    ascending: bool,
) -> Result<Value, Failure> {
    let filter = placeholders.condition(input, "FilterExpression")?;
    let projection = placeholders.projection(input)?;
    placeholders.all_used()?;
    let counts_only = check_select(source, input, projection.is_some())?;
    source.check_projected(filter.as_ref(), projection.as_deref())?;
    if let Some(start) = input.get("ExclusiveStartKey").filter(|start| !start.is_null()) {
        let start = item::read(start)?;
        let position = source.position(&start).ok_or_else(|| invalid("The provided starting key is invalid"))?;
        items.retain(|(at, _)| if ascending { *at > position } else { *at < position });
    }
    let limit = match input.get("Limit").and_then(Value::as_i64) {
        None => usize::MAX,
        Some(limit) => usize::try_from(limit).ok().filter(|limit| *limit > 0).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"))
        })?,
    };
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
        if filter.as_ref().is_none_or(|filter| holds(filter, &held)) {
            found.push(item::write(&project(&held, projection.as_deref())));
        }
    }
    let mut output = json!({"Count": found.len(), "ScannedCount": scanned});
    if !counts_only {
        output["Items"] = Value::Array(found);
    }
    // As on AWS, a page that `Limit` filled exactly ends with a key even when nothing follows.
    if let Some((_, last)) = scanned.checked_sub(1).and_then(|last| items.get(last))
        && (scanned == limit || scanned < items.len())
    {
        output["LastEvaluatedKey"] = item::write(&source.last_key(last));
    }
    add_capacity(&mut output, input, &source.table.name);
    Ok(output)
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
        (Some("ALL_PROJECTED_ATTRIBUTES"), false) => {
            Err(invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
        }
        (Some(other), false) => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
        ))),
    }
}

/// Checks that a key condition names the partition key with `=` and, at most, the sort key once; returns the partition.
fn check_key_condition(condition: &Expr, keys: &KeySchema, table: &Table) -> Result<AttributeValue, Failure> {
    let mut parts = Vec::new();
    flatten(condition, &mut parts)?;
    let missed = |name: &str| invalid(format!("Query condition missed key schema element: {name}"));
    let mut partition = None;
    let mut sorts = 0;
    for part in &parts {
        let (path, values) = subject(part)?;
        let name = match path {
            [PathSegment::Attr(name)] => name,
            _ => {
                return Err(invalid(
                    "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes",
                ));
            }
        };
        for value in values {
            let expected = table.attribute_type(name);
            let actual = matches!(
                (value, expected),
                (AttributeValue::S(_), "S") | (AttributeValue::N(_), "N") | (AttributeValue::B(_), "B")
            );
            let is_key = keys.names().any(|key| key == name);
            if is_key && !actual {
                return Err(invalid(
                    "One or more parameter values were invalid: Condition parameter type does not match schema type",
                ));
            }
        }
        if *name == keys.partition {
            match part {
                Expr::Comparison(_, CompOp::Eq, _) if partition.is_none() => {
                    partition = values_of(part).first().map(|value| (*value).clone())
                }
                Expr::Comparison(_, CompOp::Eq, _) => {
                    return Err(invalid(
                        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
                    ));
                }
                _ => return Err(invalid("Query key condition not supported")),
            }
        } else if keys.sort.as_deref() == Some(name) {
            sorts += 1;
        } else {
            return Err(missed(keys.sort.as_deref().filter(|_| partition.is_some()).unwrap_or(&keys.partition)));
        }
    }
    if sorts > 1 {
        return Err(invalid(
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
        ));
    }
    partition.ok_or_else(|| missed(&keys.partition))
}

fn flatten<'a>(condition: &'a Expr, parts: &mut Vec<&'a Expr>) -> Result<(), Failure> {
    match condition {
        Expr::And(left, right) => {
            flatten(left, parts)?;
            flatten(right, parts)
        }
        Expr::Or(..) => Err(invalid("Invalid operator used in KeyConditionExpression: OR")),
        Expr::Not(_) => Err(invalid("Invalid operator used in KeyConditionExpression: NOT")),
        Expr::In(..) => Err(invalid("Invalid operator used in KeyConditionExpression: IN")),
        Expr::Comparison(_, CompOp::Ne, _) => Err(invalid("Invalid operator used in KeyConditionExpression: <>")),
        other => {
            parts.push(other);
            Ok(())
        }
    }
}

/// The attribute that a part of a key condition is about, and the values it is compared with.
fn subject(part: &Expr) -> Result<(&[PathSegment], Vec<&AttributeValue>), Failure> {
    let path = match part {
        Expr::Comparison(Operand::Path(path), _, _)
        | Expr::Comparison(_, _, Operand::Path(path))
        | Expr::Between(Operand::Path(path), _, _)
        | Expr::BeginsWith(path, _) => path,
        _ => return Err(invalid("Invalid operator used in KeyConditionExpression")),
    };
    Ok((path, values_of(part)))
}

fn values_of(part: &Expr) -> Vec<&AttributeValue> {
    let operands: Vec<&Operand> = match part {
        Expr::Comparison(left, _, right) => vec![left, right],
        Expr::Between(_, low, high) => vec![low, high],
        Expr::BeginsWith(_, prefix) => vec![prefix],
        _ => Vec::new(),
    };
    operands
        .into_iter()
        .filter_map(|operand| match operand {
            Operand::Value(value) => Some(value),
            _ => None,
        })
        .collect()
}
