//! How a table is defined: the parameters that `CreateTable` and `UpdateTable` share, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};

use crate::ApiError;

use super::key::{KeyAttribute, KeySchema};
use super::parameters;
use super::table::Index;
use super::throttle::Buckets;
use super::view::View;
use super::{Failure, invalid, names, required};

pub(super) fn elements<'a>(input: &'a Value, name: &str) -> &'a [Value] {
    input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn refuse_unsupported(input: &Value) -> Result<(), Failure> {
    let streaming = input.pointer("/StreamSpecification/StreamEnabled").and_then(Value::as_bool) == Some(true);
    if input.get("GlobalSecondaryIndexes") == Some(&json!([])) {
        return Err(invalid("One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty"));
    }
    match elements(input, "LocalSecondaryIndexes") {
        [] if streaming => Err(ApiError::not_implemented("dynamodb", "streams").into()),
        [] => Ok(()),
        _ => Err(ApiError::not_implemented("dynamodb", "local secondary indexes").into()),
    }
}

pub(super) fn read_attributes(input: &Value) -> Result<Vec<(String, String)>, Failure> {
    let attributes = elements(input, "AttributeDefinitions")
        .iter()
        .map(|definition| {
            let kind = required(definition, "AttributeType")?;
            Ok((required(definition, "AttributeName")?.to_owned(), kind.to_owned()))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    refuse_twice(attributes.iter().map(|(name, _)| name.as_str()), "AttributeDefinitions")?;
    Ok(attributes)
}

fn refuse_twice<'n>(names: impl IntoIterator<Item = &'n str>, list: &str) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        None => Ok(()),
        Some(name) => Err(invalid(format!(
            "One or more parameter values were invalid: Duplicate AttributeName in {list}: {name}"
        ))),
    }
}

pub(super) fn read_schema(schema: Option<&Value>, attributes: &[(String, String)]) -> Result<KeySchema, Failure> {
    let elements = schema.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |element: &Value, kind: &str| {
        (element.get("KeyType").and_then(Value::as_str) == Some(kind))
            .then(|| element.get("AttributeName").and_then(Value::as_str).map(str::to_owned))
            .flatten()
    };
    let names = match elements {
        [hash] => of(hash, "HASH").map(|partition| (partition, None)),
        [hash, range] => of(hash, "HASH").zip(of(range, "RANGE")).map(|(partition, sort)| (partition, Some(sort))),
        [] => return Err(parameters::missing("keySchema")),
        _ => {
            return Err(invalid(
                "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
            ));
        }
    };
    let (partition, sort) =
        names.ok_or_else(|| invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"))?;
    if sort.as_ref() == Some(&partition) {
        return Err(invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in [Some(partition), sort].into_iter().flatten() {
        match attributes.iter().find(|(known, _)| *known == name) {
            Some((_, kind)) => found.push(KeyAttribute { name, kind: kind.clone() }),
            None => missing.push(name),
        }
    }
    let mut found = found.into_iter();
    if let (Some(partition), true) = (found.next(), missing.is_empty()) {
        return Ok(KeySchema { partition, sort: found.next() });
    }
    let defined: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
    Err(invalid(format!(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
        missing.join(", "),
        defined.join(", ")
    )))
}

pub(super) fn read_index(
    input: &Value,
    attributes: &[(String, String)],
    billing_mode: &str,
    ready: Instant,
) -> Result<Index, Failure> {
    let name = required(input, "IndexName")?;
    names::check_letters("indexName", name)?;
    let projection = read_projection(input)?;
    let is_hash = |element: &&Value| element.get("KeyType") == Some(&json!("HASH"));
    let elements = elements(input, "KeySchema");
    if elements.len() > 2 || elements.iter().filter(is_hash).count() > 1 {
        return Err(ApiError::not_implemented("dynamodb", "indexes whose keys have several attributes").into());
    }
    let keys = read_schema(input.get("KeySchema"), attributes)?;
    let throughput = read_index_throughput(name, input, billing_mode)?;
    let (buckets, view) = (Buckets::default(), View::default());
    Ok(Index { name: name.to_owned(), keys, projection, ready, gone: None, throughput, buckets, view })
}

fn read_projection(input: &Value) -> Result<Value, Failure> {
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
        "INCLUDE" if non_key.len() > 20 => {
            return Err(invalid(
                "1 validation error detected: Value at 'projection.nonKeyAttributes' failed to satisfy constraint: Member must have length less than or equal to 20",
            ));
        }
        "ALL" | "KEYS_ONLY" | "INCLUDE" => {}
        other => {
            return Err(invalid(format!("One or more parameter values were invalid: Unknown ProjectionType: {other}")));
        }
    }
    refuse_twice(non_key.iter().filter_map(Value::as_str), "NonKeyAttributes")?;
    Ok(projection)
}

/// An index has a throughput of its own where its table is provisioned, and only there.
pub(super) fn read_index_throughput(name: &str, input: &Value, billing_mode: &str) -> Result<(i64, i64), Failure> {
    match (billing_mode, read_throughput(input)?) {
        ("PAY_PER_REQUEST", None) => Ok((0, 0)),
        ("PAY_PER_REQUEST", Some(_)) => Err(invalid(format!(
            "One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        ))),
        (_, Some(units)) if units.0 > 0 && units.1 > 0 => Ok(units),
        _ => Err(invalid(format!(
            "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: {name}"
        ))),
    }
}

/// Both units, or none of them.
fn read_throughput(input: &Value) -> Result<Option<(i64, i64)>, Failure> {
    let Some(given) = input.get("ProvisionedThroughput").filter(|given| !given.is_null()) else { return Ok(None) };
    let units = |name: &str| {
        let path = format!("provisionedThroughput.{}", parameters::lowered(name));
        given.get(name).and_then(Value::as_i64).ok_or_else(|| parameters::missing(&path))
    };
    Ok(Some((units("ReadCapacityUnits")?, units("WriteCapacityUnits")?)))
}

/// Attributes that all indexes of a table may include, by "Quotas in Amazon DynamoDB".
const INCLUDED: usize = 100;

/// Checks what the indexes of a table may be together, and with its keys. The words about included attributes are ours.
pub(super) fn check_indexes<'i>(
    indexes: impl IntoIterator<Item = &'i Index> + Clone,
    table_keys: &KeySchema,
) -> Result<(), Failure> {
    let included: Vec<(&Index, &str)> = indexes
        .clone()
        .into_iter()
        .flat_map(|index| elements(&index.projection, "NonKeyAttributes").iter().map(move |name| (index, name)))
        .filter_map(|(index, name)| Some((index, name.as_str()?)))
        .collect();
    if included.len() > INCLUDED {
        return Err(invalid(format!(
            "One or more parameter values were invalid: The indexes of a table include at most {INCLUDED} non-key attributes, not {}",
            included.len()
        )));
    }
    let is_key = |index: &Index, name: &str| index.keys.names().chain(table_keys.names()).any(|key| key == name);
    if let Some((index, key)) = included.iter().find(|(index, name)| is_key(index, name)) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: NonKeyAttributes of the index {} name the key {key}, which it holds anyway",
            index.name
        )));
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = indexes.clone().into_iter().find(|index| !names.insert(&index.name)) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Duplicate index name: {}",
            twice.name
        )));
    }
    if indexes.into_iter().count() > 20 {
        return Err(invalid(
            "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ));
    }
    Ok(())
}

pub(super) fn check_attributes_used(
    attributes: &[(String, String)],
    keys: &KeySchema,
    indexes: &[Index],
) -> Result<(), Failure> {
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

pub(super) fn read_billing(input: &Value) -> Result<(String, (i64, i64)), Failure> {
    let mode = input.get("BillingMode").and_then(Value::as_str).unwrap_or("PROVISIONED");
    match (mode, read_throughput(input)?) {
        ("PAY_PER_REQUEST", None) => Ok((mode.to_owned(), (0, 0))),
        ("PAY_PER_REQUEST", Some(_)) => Err(invalid(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        (_, Some(units)) if units.0 > 0 && units.1 > 0 => Ok((mode.to_owned(), units)),
        _ => Err(invalid(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
    }
}

/// `Enabled: false`, or nothing, means the key that AWS owns, which has no description.
pub(super) fn read_encryption(region: &str, input: &Value) -> Option<Value> {
    let specification = input.get("SSESpecification").filter(|value| value.get("Enabled") == Some(&json!(true)))?;
    let key = specification
        .get("KMSMasterKeyId")
        .and_then(Value::as_str)
        .map_or_else(|| crate::arn::local("kms", region, "key/00000000-0000-4000-8000-000000000000"), str::to_owned);
    Some(json!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}))
}

/// Tags of a table, by "Tagging restrictions in DynamoDB".
const TAGS: usize = 50;

/// Reads and checks tags, all of which a table gets.
pub(super) fn read_tags(input: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let mut tags = BTreeMap::new();
    for tag in elements(input, "Tags") {
        let (key, value) = (required(tag, "Key")?, required(tag, "Value")?);
        if !(1..=128).contains(&key.chars().count()) || !key.chars().all(is_legal) || is_reserved(key) {
            return Err(invalid(format!("The Tag Key provided is invalid, Key: {key}")));
        }
        if value.chars().count() > 256 || !value.chars().all(is_legal) {
            return Err(invalid(format!("The Tag Value provided is invalid, Value: {value}")));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")));
        }
    }
    check_tags(&tags).map(|()| tags)
}

/// Refuses more tags than a table can have, those of AWS itself left out.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Failure> {
    match tags.keys().filter(|key| !is_reserved(key)).count() {
        0..=TAGS => Ok(()),
        _ => Err(invalid("Number of Tags exceed the current limit for the provided ResourceArn")),
    }
}

/// Whether a tag is one of AWS itself, which no caller may set: "AWS-assigned tag names and values are automatically
/// assigned the aws: prefix, which you can't assign".
pub(super) fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// Letters, white space, numbers, and a few more. The at sign, which the guide leaves out, is in all other services'.
fn is_legal(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
}
