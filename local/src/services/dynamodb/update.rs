//! `UpdateTable`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};

use crate::Cloud;

use super::definition::{
    check_indexes, elements, read_attributes, read_billing, read_encryption, read_index, read_index_throughput,
};
use super::table::{Index, Table};
use super::tables::{checked_name, still_in_use};
use super::view::View;
use super::{Failure, invalid, no_such_table, required};

pub(super) fn update(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(region, input)?;
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
    let given: Vec<&String> = input
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null() && **value != json!([]))
        .map(|(name, _)| name)
        .collect();
    let changes = given.iter().filter(|name| !matches!(name.as_str(), "TableName" | "AttributeDefinitions")).count();
    if input.get("SSESpecification").is_some() {
        if changes > 1 {
            return Err(invalid("Server-Side Encryption modification must be the only operation in the request"));
        }
        table.encryption = read_encryption(&table.region, input);
    }
    let billing = match input.get("BillingMode").is_some() || input.get("ProvisionedThroughput").is_some() {
        true => read_billing(input)?,
        false => (table.billing_mode.clone(), table.throughput),
    };
    let index_updates = elements(input, "GlobalSecondaryIndexUpdates");
    let is_one =
        |change: &Value| ["Create", "Update", "Delete"].iter().filter(|kind| change.get(kind).is_some()).count() == 1;
    if !index_updates.iter().all(is_one) {
        return Err(invalid(
            "One or more parameter values were invalid: A GlobalSecondaryIndexUpdate is exactly one of Create, Update and Delete",
        ));
    }
    let come_or_go = |change: &&Value| change.get("Create").is_some() || change.get("Delete").is_some();
    if index_updates.iter().filter(come_or_go).count() > 1 {
        return Err(Failure::new(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    let throughputs = read_index_throughputs(table, &billing.0, index_updates)?;
    for change in index_updates.iter().filter(come_or_go) {
        update_index(table, input, &billing.0, change, done)?;
    }
    for index in &mut table.indexes {
        index.throughput = throughputs.get(&index.name).copied().unwrap_or(index.throughput);
    }
    (table.billing_mode, table.throughput) = billing;
    if let Some(protected) = input.get("DeletionProtectionEnabled").and_then(Value::as_bool) {
        table.protected = protected;
    }
    if let Some(class) = input.get("TableClass").and_then(Value::as_str) {
        table.class = Some(class.to_owned());
    }
    Ok(changes)
}

/// The throughput of each index that stays: what the update says of it, or what it has. A table that becomes provisioned
/// needs to say it for all of them.
fn read_index_throughputs(
    table: &Table,
    billing_mode: &str,
    updates: &[Value],
) -> Result<BTreeMap<String, (i64, i64)>, Failure> {
    let updated: Vec<&Value> = updates.iter().filter_map(|change| change.get("Update")).collect();
    for update in &updated {
        let name = required(update, "IndexName")?;
        if table.index(name).is_none() {
            return Err(no_such_index(name));
        }
    }
    let of = |index: &Index| {
        let kept = json!({"ProvisionedThroughput": {"ReadCapacityUnits": index.throughput.0, "WriteCapacityUnits": index.throughput.1}});
        let update = updated.iter().find(|update| update.get("IndexName") == Some(&json!(index.name)));
        let units = match (update, billing_mode) {
            (None, "PAY_PER_REQUEST") => (0, 0),
            (update, _) => read_index_throughput(&index.name, update.copied().unwrap_or(&kept), billing_mode)?,
        };
        Ok((index.name.clone(), units))
    };
    table.indexes.iter().filter(|index| index.gone.is_none()).map(of).collect()
}

fn redefined(name: &str, known: &str, kind: &str) -> Failure {
    invalid(format!(
        "One or more parameter values were invalid: Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Attribute: {name}, existing type: {known}, new type: {kind}"
    ))
}

fn no_such_index(name: &str) -> Failure {
    Failure::new("ResourceNotFoundException", format!("Requested resource not found: Index: {name} not found"))
}

fn update_index(
    table: &mut Table,
    input: &Value,
    billing_mode: &str,
    change: &Value,
    done: Instant,
) -> Result<(), Failure> {
    if let Some(created) = change.get("Create") {
        let mut attributes = table.attributes.clone();
        for (name, kind) in read_attributes(input)? {
            match attributes.iter().find(|(known, _)| *known == name) {
                None => attributes.push((name, kind)),
                Some((_, known)) if *known == kind => {}
                Some((_, known)) => return Err(redefined(&name, known, &kind)),
            }
        }
        let index = read_index(created, &attributes, billing_mode, done)?;
        if table.index(&index.name).is_some() {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Index with name {} already exists",
                index.name
            )));
        }
        check_indexes(table.indexes.iter().chain([&index]), &table.keys)?;
        attributes.retain(|(name, _)| {
            table
                .keys
                .names()
                .chain(table.indexes.iter().chain([&index]).flat_map(|index| index.keys.names()))
                .any(|used| used == name)
        });
        table.attributes = attributes;
        // Older items may have what cannot be a key there. An index leaves them out.
        let view = View::of(&index.keys, table.items.iter());
        table.indexes.push(Index { view, ..index });
        return Ok(());
    }
    if let Some(deleted) = change.get("Delete") {
        let name = required(deleted, "IndexName")?;
        let index = table.indexes.iter_mut().find(|index| index.name == name).ok_or_else(|| no_such_index(name))?;
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
    Ok(())
}
