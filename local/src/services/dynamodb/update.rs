//! `UpdateTable`.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::{ApiError, Cloud};

use super::definition::{elements, read_attributes, read_billing, read_encryption, read_index};
use super::table::{Index, Table};
use super::tables::{checked_name, still_in_use};
use super::value::Item;
use super::view::View;
use super::{Failure, invalid, no_such_table, required};

pub(super) fn update(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(input)?;
    let mut state = cloud.dynamodb.state();
    let table = state.table(region, name).ok_or_else(|| no_such_table(name))?;
    table.settle_indexes();
    match table.status() {
        "CREATING" => {
            return Err(still_in_use("Table is being created", name));
        }
        "UPDATING" => {
            return Err(still_in_use("Table is being updated", name));
        }
        "DELETING" => {
            return Err(still_in_use("Table is being deleted", name));
        }
        _ => {}
    }
    let done = Instant::now() + cloud.clock.scaled(cloud.config.latency.table);
    let changes = apply_update(table, input, done)?;
    if changes == 0 {
        return Err(invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
        ));
    }
    table.updated = Some(done);
    Ok(json!({"TableDescription": table.description()}))
}

/// Applies what `UpdateTable` asks for; returns how many things that were.
fn apply_update(table: &mut Table, input: &Value, done: Instant) -> Result<usize, Failure> {
    const KNOWN: [&str; 8] = [
        "TableName",
        "AttributeDefinitions",
        "BillingMode",
        "ProvisionedThroughput",
        "GlobalSecondaryIndexUpdates",
        "SSESpecification",
        "DeletionProtectionEnabled",
        "TableClass",
    ];
    let given: Vec<&String> =
        input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).map(|(name, _)| name).collect();
    if let Some(unknown) = given.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(ApiError::not_implemented("dynamodb", &format!("UpdateTable with {unknown}")).into());
    }
    let changes = given.iter().filter(|name| !matches!(name.as_str(), "TableName" | "AttributeDefinitions")).count();
    if input.get("SSESpecification").is_some() {
        if changes > 1 {
            return Err(invalid("Server-Side Encryption modification must be the only operation in the request"));
        }
        table.encryption = read_encryption(&table.region, input);
    }
    let index_updates = elements(input, "GlobalSecondaryIndexUpdates");
    if index_updates.len() > 1 {
        return Err(Failure::new(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    if let Some(change) = index_updates.first() {
        update_index(table, input, change, done)?;
    }
    if input.get("BillingMode").is_some() || input.get("ProvisionedThroughput").is_some() {
        let (mode, units) = read_billing(input)?;
        (table.billing_mode, table.throughput) = (mode, units);
    }
    if let Some(protected) = input.get("DeletionProtectionEnabled").and_then(Value::as_bool) {
        table.protected = protected;
    }
    if let Some(class) = input.get("TableClass").and_then(Value::as_str) {
        table.class = Some(class.to_owned());
    }
    Ok(changes)
}

fn update_index(table: &mut Table, input: &Value, change: &Value, done: Instant) -> Result<(), Failure> {
    if let Some(created) = change.get("Create") {
        let mut attributes = table.attributes.clone();
        for (name, kind) in read_attributes(input)? {
            if attributes.iter().all(|(known, _)| *known != name) {
                attributes.push((name, kind));
            }
        }
        let index = read_index(created, &attributes, &table.billing_mode, done)?;
        if table.index(&index.name).is_some() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Index with name {} already exists",
                index.name
            )));
        }
        attributes.retain(|(name, _)| {
            table
                .keys
                .names()
                .chain(table.indexes.iter().chain([&index]).flat_map(|index| index.keys.names()))
                .any(|used| used == name)
        });
        table.attributes = attributes;
        // Older items may have other types there. An index leaves them out.
        let fits =
            |item: &Item, name: &String| item.get(name).is_none_or(|value| value.kind() == table.attribute_type(name));
        let items = table.items.iter().filter(|(_, item)| index.keys.names().all(|name| fits(item, name)));
        let view = View::of(&index.keys, items);
        table.indexes.push(Index { view, ..index });
        return Ok(());
    }
    if let Some(deleted) = change.get("Delete") {
        let name = required(deleted, "IndexName")?;
        let index = table.indexes.iter_mut().find(|index| index.name == name).ok_or_else(|| {
            Failure::new("ResourceNotFoundException", format!("Requested resource not found: Index: {name} not found"))
        })?;
        index.gone = Some(done);
        let kept: BTreeSet<String> = table
            .keys
            .names()
            .chain(table.indexes.iter().filter(|index| index.gone.is_none()).flat_map(|index| index.keys.names()))
            .cloned()
            .collect();
        table.attributes.retain(|(name, _)| kept.contains(name));
        return Ok(());
    }
    Err(ApiError::not_implemented("dynamodb", "GlobalSecondaryIndexUpdates with Update").into())
}
