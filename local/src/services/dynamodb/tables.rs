//! Operations on tables.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Cloud;

use super::definition::{
    check_attributes_used, check_indexes, elements, read_attributes, read_billing, read_encryption, read_index,
    read_schema, read_tags, refuse_unsupported,
};
use super::table::Table;
use super::throttle::Buckets;
use super::{Failure, invalid, names, no_such_table, required};

pub(super) fn create(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(region, input)?;
    refuse_unsupported(input)?;
    let attributes = read_attributes(input)?;
    let keys = read_schema(input.get("KeySchema"), &attributes)?;
    let ready = Instant::now() + cloud.clock.scaled(cloud.config.latency.table);
    let (billing_mode, throughput) = read_billing(input)?;
    let indexes = elements(input, "GlobalSecondaryIndexes")
        .iter()
        .map(|index| read_index(index, &attributes, &billing_mode, ready))
        .collect::<Result<Vec<_>, _>>()?;
    check_indexes(&indexes, &keys)?;
    check_attributes_used(&attributes, &keys, &indexes)?;
    let mut state = cloud.dynamodb.state();
    if state.table(region, name).is_some() {
        return Err(in_use(format!("Table already exists: {name}")));
    }
    let table = Table {
        region: region.to_owned(),
        name: name.to_owned(),
        id: uuid::Uuid::new_v4().to_string(),
        created: cloud.clock.now(),
        keys,
        attributes,
        indexes,
        billing_mode,
        throughput,
        buckets: Buckets::default(),
        encryption: read_encryption(region, input),
        class: input.get("TableClass").and_then(Value::as_str).map(str::to_owned),
        protected: input.get("DeletionProtectionEnabled").and_then(Value::as_bool).unwrap_or(false),
        tags: read_tags(input)?,
        time_to_live: None,
        recovery: None,
        ready,
        updated: None,
        gone: None,
        expired: Instant::now(),
        items: BTreeMap::new(),
    };
    let description = table.description();
    state.tables.insert((region.to_owned(), name.to_owned()), table);
    Ok(json!({"TableDescription": description}))
}

fn in_use(message: impl Into<String>) -> Failure {
    Failure::new("ResourceInUseException", message)
}

/// A table that is changing takes no other change.
pub(super) fn still_in_use(why: &str, name: &str) -> Failure {
    in_use(format!("Attempt to change a resource which is still in use: {why}: {name}"))
}

/// The name of the table that a request is about.
pub(super) fn checked_name<'i>(region: &str, input: &'i Value) -> Result<&'i str, Failure> {
    names::checked(region, required(input, "TableName")?)
}

pub(super) fn describe(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(region, input)?;
    let mut state = cloud.dynamodb.state();
    let table = state.table(region, name).ok_or_else(|| no_such_table(name))?;
    table.settle_indexes();
    Ok(json!({"Table": table.description()}))
}

pub(super) fn list(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let after = input.get("ExclusiveStartTableName").and_then(Value::as_str).unwrap_or_default();
    let state = cloud.dynamodb.state();
    let mut names: Vec<&str> = state
        .tables
        .iter()
        .filter(|((table_region, name), table)| table_region == region && name.as_str() > after && !table.is_gone())
        .map(|((_, name), _)| name.as_str())
        .collect();
    let more = names.len() > limit;
    names.truncate(limit);
    let mut output = json!({"TableNames": names});
    if let Some(last) = names.last().filter(|_| more) {
        output["LastEvaluatedTableName"] = (*last).into();
    }
    Ok(output)
}

pub(super) fn delete(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(region, input)?;
    let mut state = cloud.dynamodb.state();
    let table = state.table(region, name).ok_or_else(|| no_such_table(name))?;
    table.settle_indexes();
    if table.protected {
        return Err(invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        ));
    }
    let indexes_change = table.indexes.iter().any(|index| index.gone.is_some() || index.ready > Instant::now());
    match table.status() {
        "CREATING" => {
            return Err(still_in_use("Table is being created", name));
        }
        "UPDATING" if indexes_change => {
            return Err(still_in_use("Cannot delete table while indexes are being created, updated, or deleted", name));
        }
        "UPDATING" => {
            return Err(still_in_use("Table is being updated", name));
        }
        "ACTIVE" => table.gone = Some(Instant::now() + cloud.clock.scaled(cloud.config.latency.table)),
        _ => {}
    }
    Ok(json!({"TableDescription": table.farewell()}))
}
