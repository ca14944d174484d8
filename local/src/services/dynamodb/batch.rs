//! Several items in one call, each for itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::Cloud;

use super::capacity::Consistency;
use super::consumed::{Consumed, Shape};
use super::parameters::unmet;
use super::throttle::Throttled;
use super::write::Write;
use super::{Failure, invalid, item, read, required_map, transactions};

/// Items that one batch writes, and that one reads.
const MOST_WRITTEN: usize = 25;
const MOST_READ: usize = 100;
/// Bytes of items that one batch reads; those beyond are left unprocessed.
const LARGEST: usize = 16 * 1024 * 1024;

fn request_items(input: &Value) -> Result<&Map<String, Value>, Failure> {
    let tables = required_map(input, "RequestItems")?.as_object();
    tables
        .filter(|tables| !tables.is_empty())
        .ok_or_else(|| unmet("requestItems", "{}", "have length greater than or equal to 1"))
}

fn duplicates() -> Failure {
    invalid("Provided list of item keys contains duplicates")
}

/// Writes or deletes up to 25 items. Those for which the throughput does not suffice are left unprocessed, as are those
/// that a transaction has at the moment.
pub(super) fn write(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let requests = request_items(input)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_wrong = |value: &Value| !(1..=MOST_WRITTEN).contains(&list(value).len());
    if let Some((name, value)) = requests.iter().find(|(_, value)| is_wrong(value)) {
        let shown = if list(value).is_empty() { "[]".to_owned() } else { format!("[{} requests]", list(value).len()) };
        return Err(invalid(format!(
            "1 validation error detected: Value '{{{name}={shown}}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to {MOST_WRITTEN}, Member must have length greater than or equal to 1]"
        )));
    }
    if requests.values().map(|value| list(value).len()).sum::<usize>() > MOST_WRITTEN {
        return Err(invalid("Too many items requested for the BatchWriteItem call"));
    }
    let mut state = cloud.dynamodb.state();
    let mut planned = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, requests) in requests {
        let table = state.ready(cloud, region, name)?;
        for request in list(requests) {
            let write = match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(put), None) => Write::read(table, put, "Put")?,
                (None, Some(delete)) => Write::read(table, delete, "Delete")?,
                // The words are ours.
                _ => return Err(invalid("A request of BatchWriteItem is either a PutRequest or a DeleteRequest")),
            };
            let effect = write.plan(table)?;
            if !seen.insert((table.name.clone(), effect.key.clone())) {
                return Err(duplicates());
            }
            planned.push((name, request, effect));
        }
    }
    let (mut left, mut why, mut done) = (Map::new(), None, 0);
    for (name, request, effect) in planned {
        let table = state.ready(cloud, region, name)?;
        let place = transactions::place(table, &effect.key);
        if state.in_flight.check(&place).is_err() {
            push(&mut left, name, request);
            continue;
        }
        let table = state.ready(cloud, region, name)?;
        let charges = effect.charges(table, 1.0);
        match consumed.take(cloud, table, name, charges) {
            Ok(()) => {
                effect.apply(cloud, table);
                done += 1;
            }
            Err(throttled) => {
                why.get_or_insert(throttled);
                push(&mut left, name, request);
            }
        }
    }
    check_progress(done, why)?;
    let mut output = json!({"UnprocessedItems": left});
    consumed.answer(&mut output, input, Shape::List);
    Ok(output)
}

/// Adds to the list under a name.
fn push(lists: &mut Map<String, Value>, name: &str, value: Value) {
    match lists.get_mut(name).and_then(Value::as_array_mut) {
        Some(list) => list.push(value),
        None => {
            lists.insert(name.to_owned(), json!([value]));
        }
    }
}

/// A batch of which nothing was done fails as one request does: there is no answer that leaves out everything.
fn check_progress(done: usize, why: Option<Throttled>) -> Result<(), Failure> {
    match why {
        Some(throttled) if done == 0 => Err(throttled.into()),
        _ => Ok(()),
    }
}

/// Reads the first item of each table and leaves the others unprocessed, as tables do that are nearly over their
/// throughput.
pub(super) fn get_first(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let output = get_up_to(1, cloud, region, input, consumed)?;
    if output["UnprocessedKeys"].as_object().is_none_or(Map::is_empty) {
        return Err(Failure::new(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        ));
    }
    Ok(output)
}

/// Reads up to 100 items. Those for which the throughput does not suffice are left unprocessed.
pub(super) fn get(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    get_up_to(usize::MAX, cloud, region, input, consumed)
}

/// Reads at most this many items of each table.
fn get_up_to(
    most: usize,
    cloud: &Cloud,
    region: &str,
    input: &Value,
    consumed: &mut Consumed,
) -> Result<Value, Failure> {
    let requests = request_items(input)?;
    let keys = |value: &Value| value.get("Keys").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, value) in requests {
        let path = format!("requestItems.{name}.member.keys");
        match keys(value).len() {
            0 => return Err(unmet(&path, "[]", "have length greater than or equal to 1")),
            1..=MOST_READ => {}
            count => {
                return Err(unmet(
                    &path,
                    &format!("[{count} keys]"),
                    &format!("have length less than or equal to {MOST_READ}"),
                ));
            }
        }
    }
    if requests.values().map(|value| keys(value).len()).sum::<usize>() > MOST_READ {
        return Err(invalid("Too many items requested for the BatchGetItem call"));
    }
    let mut state = cloud.dynamodb.state();
    let mut looked_up = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, request) in requests {
        let table = state.ready(cloud, region, name)?;
        let mut single = request.as_object().cloned().unwrap_or_default();
        single.remove("Keys");
        let mut single = Value::Object(single);
        for (position, key) in keys(request).into_iter().enumerate() {
            single["Key"] = key.clone();
            let found = read::one(table, &single)?;
            if !seen.insert((table.name.clone(), found.key.clone())) {
                return Err(duplicates());
            }
            looked_up.push((name, position, key, found));
        }
    }
    let mut responses: Map<String, Value> = requests.keys().map(|name| (name.clone(), json!([]))).collect();
    let (mut left, mut why, mut done, mut bytes) = (Map::new(), None, 0, 0);
    for (name, position, key, found) in looked_up {
        if position >= most || bytes + found.bytes > LARGEST {
            push(&mut left, name, key);
            continue;
        }
        let table = state.ready(cloud, region, name)?;
        let charge = found.charge(Consistency::of(&requests[name]));
        match consumed.take(cloud, table, name, vec![charge]) {
            Ok(()) => {
                done += 1;
                bytes += found.bytes;
                found.item.into_iter().for_each(|item| push(&mut responses, name, item::write(&item)));
            }
            Err(throttled) => {
                why.get_or_insert(throttled);
                push(&mut left, name, key);
            }
        }
    }
    check_progress(done, why)?;
    let mut output = json!({"Responses": responses, "UnprocessedKeys": unprocessed(requests, left)});
    consumed.answer(&mut output, input, Shape::List);
    Ok(output)
}

/// The requests that read what is left of their tables' keys.
fn unprocessed(requests: &Map<String, Value>, left: Map<String, Value>) -> Map<String, Value> {
    let rest = |(name, keys): (String, Value)| {
        let mut request = requests.get(&name).cloned().unwrap_or_default();
        request["Keys"] = keys;
        (name, request)
    };
    left.into_iter().map(rest).collect()
}
