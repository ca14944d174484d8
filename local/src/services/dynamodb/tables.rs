//! Operations on tables.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};

use crate::{ApiError, Cloud};

use super::key::KeySchema;
use super::table::{Index, Table};
use super::view::View;
use super::{Failure, invalid, no_such_table, required};

/// Parameters of `CreateTable` that are understood; another one is refused rather than ignored.
const CREATE: [&str; 14] = [
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
    "SSESpecification",
    "Tags",
    "TableClass",
    "DeletionProtectionEnabled",
    "WarmThroughput",
    "OnDemandThroughput",
];

pub(super) fn create(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(input)?;
    refuse_unsupported(input)?;
    let attributes = read_attributes(input)?;
    let keys = read_schema(input.get("KeySchema"), &attributes)?;
    let ready = Instant::now() + cloud.clock.scaled(cloud.config.latency.table);
    let indexes = elements(input, "GlobalSecondaryIndexes")
        .iter()
        .map(|index| read_index(index, &attributes, ready))
        .collect::<Result<Vec<_>, _>>()?;
    check_indexes(&indexes)?;
    check_attributes_used(&attributes, &keys, &indexes)?;
    let (billing_mode, throughput) = read_billing(input)?;
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

fn elements<'a>(input: &'a Value, name: &str) -> &'a [Value] {
    input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn in_use(message: impl Into<String>) -> Failure {
    Failure::new("ResourceInUseException", message)
}

fn checked_name(input: &Value) -> Result<&str, Failure> {
    let name = required(input, "TableName")?;
    let bare = name.rsplit_once(":table/").map_or(name, |(_, bare)| bare);
    let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if !bare.chars().all(legal) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )));
    }
    if !(3..=255).contains(&bare.len()) {
        return Err(invalid("TableName must be at least 3 characters long and at most 255 characters long"));
    }
    Ok(bare)
}

fn refuse_unsupported(input: &Value) -> Result<(), Failure> {
    let given = |name: &str| input.get(name).is_some_and(|value| !value.is_null() && value != &json!([]));
    let streaming = input.pointer("/StreamSpecification/StreamEnabled").and_then(Value::as_bool) == Some(true);
    let unknown =
        input.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !CREATE.contains(&name.as_str()));
    match unknown.map(String::as_str) {
        Some(name) if given(name) => {
            Err(ApiError::not_implemented("dynamodb", &format!("CreateTable with {name}")).into())
        }
        _ if given("LocalSecondaryIndexes") => {
            Err(ApiError::not_implemented("dynamodb", "local secondary indexes").into())
        }
        _ if streaming => Err(ApiError::not_implemented("dynamodb", "streams").into()),
        _ => Ok(()),
    }
}

fn read_attributes(input: &Value) -> Result<Vec<(String, String)>, Failure> {
    elements(input, "AttributeDefinitions")
        .iter()
        .map(|definition| {
            let kind = required(definition, "AttributeType")?;
            if !matches!(kind, "S" | "N" | "B") {
                return Err(invalid(format!("1 validation error detected: Value '{kind}' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]")));
            }
            Ok((required(definition, "AttributeName")?.to_owned(), kind.to_owned()))
        })
        .collect()
}

fn read_schema(schema: Option<&Value>, attributes: &[(String, String)]) -> Result<KeySchema, Failure> {
    let elements = schema.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |element: &Value, kind: &str| {
        (element.get("KeyType").and_then(Value::as_str) == Some(kind))
            .then(|| element.get("AttributeName").and_then(Value::as_str).map(str::to_owned))
            .flatten()
    };
    let keys = match elements {
        [hash] => of(hash, "HASH").map(|partition| KeySchema { partition, sort: None }),
        [hash, range] => {
            of(hash, "HASH").zip(of(range, "RANGE")).map(|(partition, sort)| KeySchema { partition, sort: Some(sort) })
        }
        [] => {
            return Err(invalid(
                "1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null",
            ));
        }
        _ => {
            return Err(invalid(
                "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
            ));
        }
    };
    let keys = keys.ok_or_else(|| invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"))?;
    if keys.sort.as_ref() == Some(&keys.partition) {
        return Err(invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"));
    }
    let missing: Vec<&str> = keys
        .names()
        .map(String::as_str)
        .filter(|name| attributes.iter().all(|(attribute, _)| attribute != name))
        .collect();
    if missing.is_empty() {
        return Ok(keys);
    }
    let defined: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
    Err(invalid(format!(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
        missing.join(", "),
        defined.join(", ")
    )))
}

fn read_index(input: &Value, attributes: &[(String, String)], ready: Instant) -> Result<Index, Failure> {
    let name = required(input, "IndexName")?;
    if !(3..=255).contains(&name.len()) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'indexName' failed to satisfy constraint: Member must have length greater than or equal to 3"
        )));
    }
    let projection = input.get("Projection").cloned().unwrap_or_else(|| json!({}));
    let kind = projection.get("ProjectionType").and_then(Value::as_str).unwrap_or_default();
    let non_key = elements(&projection, "NonKeyAttributes");
    match kind {
        "" => return Err(invalid("One or more parameter values were invalid: Unknown ProjectionType: null")),
        "INCLUDE" if non_key.is_empty() => {
            return Err(invalid(
                "One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
            ));
        }
        "ALL" | "KEYS_ONLY" if !non_key.is_empty() => {
            return Err(invalid(format!(
                "One or more parameter values were invalid: ProjectionType is {kind}, but NonKeyAttributes is specified"
            )));
        }
        "ALL" | "KEYS_ONLY" | "INCLUDE" => {}
        other => {
            return Err(invalid(format!("One or more parameter values were invalid: Unknown ProjectionType: {other}")));
        }
    }
    let keys = read_schema(input.get("KeySchema"), attributes)?;
    Ok(Index { name: name.to_owned(), keys, projection, ready, gone: None, view: View::default() })
}

fn check_indexes(indexes: &[Index]) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    if let Some(twice) = indexes.iter().find(|index| !names.insert(&index.name)) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Duplicate index name: {}",
            twice.name
        )));
    }
    if indexes.len() > 20 {
        return Err(invalid(
            "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ));
    }
    Ok(())
}

fn check_attributes_used(attributes: &[(String, String)], keys: &KeySchema, indexes: &[Index]) -> Result<(), Failure> {
    let used: BTreeSet<&String> = keys.names().chain(indexes.iter().flat_map(|index| index.keys.names())).collect();
    if attributes.iter().all(|(name, _)| used.contains(name)) {
        return Ok(());
    }
    if indexes.is_empty() {
        return Err(invalid(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    let defined: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
    let used: Vec<&str> = used.into_iter().map(String::as_str).collect();
    Err(invalid(format!(
        "One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
        defined.join(", "),
        used.join(", ")
    )))
}

fn read_billing(input: &Value) -> Result<(String, (i64, i64)), Failure> {
    let mode = input.get("BillingMode").and_then(Value::as_str).unwrap_or("PROVISIONED");
    let units = |name: &str| input.pointer(&format!("/ProvisionedThroughput/{name}")).and_then(Value::as_i64);
    match (mode, units("ReadCapacityUnits").zip(units("WriteCapacityUnits"))) {
        ("PAY_PER_REQUEST", None | Some((0, 0))) => Ok((mode.to_owned(), (0, 0))),
        ("PAY_PER_REQUEST", Some(_)) => Err(invalid(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        ("PROVISIONED", Some(units)) if units.0 > 0 && units.1 > 0 => Ok((mode.to_owned(), units)),
        ("PROVISIONED", _) => Err(invalid(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        _ => Err(invalid(format!(
            "1 validation error detected: Value '{mode}' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"
        ))),
    }
}

/// `Enabled: false`, or nothing, means the key that AWS owns, which has no description.
fn read_encryption(region: &str, input: &Value) -> Option<Value> {
    let specification = input.get("SSESpecification").filter(|value| value.get("Enabled") == Some(&json!(true)))?;
    let key = specification
        .get("KMSMasterKeyId")
        .and_then(Value::as_str)
        .map_or_else(|| crate::arn::local("kms", region, "key/00000000-0000-4000-8000-000000000000"), str::to_owned);
    Some(json!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}))
}

pub(super) fn read_tags(input: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |tag: &Value| Ok((required(tag, "Key")?.to_owned(), required(tag, "Value")?.to_owned()));
    elements(input, "Tags").iter().map(pair).collect()
}

pub(super) fn describe(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(input)?;
    let mut state = cloud.dynamodb.state();
    let table = state.table(region, name).ok_or_else(|| no_such_table(name))?;
    table.settle_indexes();
    Ok(json!({"Table": table.description()}))
}

pub(super) fn list(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let limit = match input.get("Limit").and_then(Value::as_u64) {
        None => 100,
        Some(limit @ 1..=100) => limit as usize,
        Some(other) => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"
            )));
        }
    };
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
    let name = checked_name(input)?;
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
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being created: {name}"
            )));
        }
        "UPDATING" if indexes_change => {
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, updated, or deleted: {name}"
            )));
        }
        "UPDATING" => {
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being updated: {name}"
            )));
        }
        "ACTIVE" => table.gone = Some(Instant::now() + cloud.clock.scaled(cloud.config.latency.table)),
        _ => {}
    }
    Ok(json!({"TableDescription": table.description()}))
}

pub(super) fn update(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let name = checked_name(input)?;
    let mut state = cloud.dynamodb.state();
    let table = state.table(region, name).ok_or_else(|| no_such_table(name))?;
    table.settle_indexes();
    match table.status() {
        "CREATING" => {
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being created: {name}"
            )));
        }
        "UPDATING" => {
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being updated: {name}"
            )));
        }
        "DELETING" => {
            return Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being deleted: {name}"
            )));
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
        let index = read_index(created, &attributes, done)?;
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
        let view = View::of(&index.keys, table.items.iter());
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
