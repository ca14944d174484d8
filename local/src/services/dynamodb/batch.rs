//! Several items in one call, each for itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::Cloud;

use super::write::{Write, add_capacities};
use super::{Failure, invalid, item, read};

fn request_items(input: &Value) -> Result<&Map<String, Value>, Failure> {
    input
        .get("RequestItems")
        .and_then(Value::as_object)
        .filter(|tables| !tables.is_empty())
        .ok_or_else(|| invalid("The requestItems parameter is required for BatchWriteItem"))
}

fn too_many(what: &str) -> Failure {
    invalid(format!("Too many items requested for the {what} call"))
}

fn duplicates() -> Failure {
    invalid("Provided list of item keys contains duplicates")
}

/// Writes or deletes up to 25 items. Nothing is left unprocessed.
pub(super) fn write(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let requests = request_items(input)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    if let Some((name, _)) = requests.iter().find(|(_, value)| list(value).is_empty()) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{{{name}=[]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
        )));
    }
    if requests.values().map(|value| list(value).len()).sum::<usize>() > 25 {
        return Err(too_many("BatchWriteItem"));
    }
    let mut state = cloud.dynamodb.state();
    let mut planned = Vec::new();
    for (name, requests) in requests {
        let table = state.ready(cloud, region, name)?;
        let mut seen = BTreeSet::new();
        for request in list(requests) {
            let write = match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(put), None) => Write::read(table, put, "Put")?,
                (None, Some(delete)) => Write::read(table, delete, "Delete")?,
                _ => {
                    return Err(invalid(
                        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
                    ));
                }
            };
            let effect = write.plan(table)?;
            if !seen.insert(effect.key.clone()) {
                return Err(duplicates());
            }
            planned.push((name.clone(), effect));
        }
    }
    for (name, effect) in planned {
        effect.apply(cloud, state.ready(cloud, region, &name)?);
    }
    let mut output = json!({"UnprocessedItems": {}});
    add_capacities(&mut output, input, requests.iter().map(|(name, value)| (name.as_str(), list(value).len())));
    Ok(output)
}

/// Reads the first item of each table and leaves the others unprocessed, as tables do that are nearly over their
/// throughput. There is no answer that leaves out everything.
pub(super) fn get_first(cloud: &Cloud, region: &str, mut input: Value) -> Result<Value, Failure> {
    // What is wrong with the call is wrong with all of it.
    get(cloud, region, &input)?;
    let mut left = Map::new();
    for (name, request) in input["RequestItems"].as_object_mut().into_iter().flatten() {
        let Some(keys) = request["Keys"].as_array_mut().filter(|keys| keys.len() > 1) else { continue };
        let others = keys.split_off(1);
        let mut rest = request.clone();
        rest["Keys"] = Value::Array(others);
        left.insert(name.clone(), rest);
    }
    if left.is_empty() {
        return Err(Failure::new(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        ));
    }
    let mut output = get(cloud, region, &input)?;
    output["UnprocessedKeys"] = Value::Object(left);
    Ok(output)
}

/// Reads up to 100 items.
pub(super) fn get(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let requests = request_items(input)?;
    let keys = |value: &Value| value.get("Keys").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some((name, _)) = requests.iter().find(|(_, value)| keys(value).is_empty()) {
        return Err(invalid(format!(
            "1 validation error detected: Value '[]' at 'requestItems.{name}.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )));
    }
    if requests.values().map(|value| keys(value).len()).sum::<usize>() > 100 {
        return Err(too_many("BatchGetItem"));
    }
    let mut state = cloud.dynamodb.state();
    let mut responses = Map::new();
    for (name, request) in requests {
        let table = state.ready(cloud, region, name)?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut single = request.as_object().cloned().unwrap_or_default();
        single.remove("Keys");
        let mut single = Value::Object(single);
        for key in keys(request) {
            single["Key"] = key.clone();
            if !table.keys.key_of(&item::read(&key)?).is_none_or(|key| seen.insert(key)) {
                return Err(duplicates());
            }
            found.extend(read::one(table, &single)?.map(|item| item::write(&item)));
        }
        responses.insert(name.clone(), Value::Array(found));
    }
    let mut output = json!({"Responses": responses, "UnprocessedKeys": {}});
    add_capacities(&mut output, input, requests.iter().map(|(name, value)| (name.as_str(), keys(value).len())));
    Ok(output)
}
