//! Transactions: all of it or nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Cloud;

use super::write::{Effect, Write};
use super::{Failure, State, invalid, item, no_such_resource, read, required};

/// How long an idempotency token counts.
const TOKEN: Duration = Duration::from_secs(600);

fn actions(input: &Value) -> Result<&[Value], Failure> {
    let list = input.get("TransactItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match list.len() {
        1..=100 => Ok(list),
        count => Err(invalid(format!(
            "1 validation error detected: Value '[{count} items]' at 'transactItems' failed to satisfy constraint: Member must have length {} than or equal to {}",
            if count == 0 { "greater" } else { "less" },
            if count == 0 { 1 } else { 100 }
        ))),
    }
}

/// The kind of an action and its parameters.
fn action(entry: &Value) -> Result<(&'static str, &Value), Failure> {
    let mut kinds = ["ConditionCheck", "Put", "Delete", "Update"]
        .into_iter()
        .filter_map(|kind| Some((kind, entry.get(kind).filter(|value| !value.is_null())?)));
    match (kinds.next(), kinds.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
    }
}

/// Why each action stopped the transaction, or did not.
fn cancelled(reasons: Vec<Value>) -> Failure {
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    Failure::new("TransactionCanceledException", message).with("CancellationReasons", Value::Array(reasons))
}

pub(super) fn write(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let list = actions(input)?;
    let mut state = cloud.dynamodb.state();
    if already_done(cloud, &mut state, input)? {
        return Ok(json!({}));
    }
    let mut seen = BTreeSet::new();
    let mut effects: Vec<(&str, Effect)> = Vec::new();
    let mut reasons = Vec::new();
    for entry in list {
        let (kind, parameters) = action(entry)?;
        let name = required(parameters, "TableName")?;
        if kind == "ConditionCheck" {
            required(parameters, "ConditionExpression")?;
        }
        let table = state.ready(cloud, region, name).map_err(|_| no_such_resource())?;
        let write = Write::read(table, parameters, kind)?;
        if !seen.insert((table.name.clone(), target(table, parameters, kind)?)) {
            return Err(invalid("Transaction request cannot include multiple operations on one item"));
        }
        match write.plan(table) {
            Ok(effect) => {
                effects.push((name, effect));
                reasons.push(json!({"Code": "None"}));
            }
            Err(failure) => reasons.push(reason(failure)),
        }
    }
    if effects.len() < list.len() {
        return Err(cancelled(reasons));
    }
    for (name, effect) in &effects {
        effect.apply(state.ready(cloud, region, name)?);
    }
    if let Some(token) = input.get("ClientRequestToken").and_then(Value::as_str) {
        state.tokens.insert(token.to_owned(), (list.into(), Instant::now()));
    }
    Ok(json!({}))
}

fn target(table: &super::table::Table, parameters: &Value, kind: &str) -> Result<super::key::Key, Failure> {
    let member = if kind == "Put" { "Item" } else { "Key" };
    let item = item::read(parameters.get(member).unwrap_or(&Value::Null))?;
    table.keys.key_of(&item).ok_or_else(|| invalid("The provided key element does not match the schema"))
}

fn reason(failure: Failure) -> Value {
    let code = match failure.error.code.as_str() {
        "ConditionalCheckFailedException" => "ConditionalCheckFailed",
        _ => "ValidationError",
    };
    let mut reason = json!({"Code": code, "Message": failure.error.message});
    if let Some(item) = failure.member("Item") {
        reason["Item"] = item.clone();
    }
    reason
}

/// Whether this very transaction was done under the same token.
fn already_done(cloud: &Cloud, state: &mut State, input: &Value) -> Result<bool, Failure> {
    let lifetime = cloud.clock.scaled(TOKEN);
    state.tokens.retain(|_, (_, done)| done.elapsed() < lifetime);
    let Some(token) = input.get("ClientRequestToken").and_then(Value::as_str) else { return Ok(false) };
    match state.tokens.get(token) {
        None => Ok(false),
        Some((items, _)) if Some(items) == input.get("TransactItems") => Ok(true),
        Some(_) => Err(Failure::new(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical",
        )),
    }
}

pub(super) fn get(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, Failure> {
    let mut state = cloud.dynamodb.state();
    let mut responses = Vec::new();
    for entry in actions(input)? {
        let parameters = entry.get("Get").ok_or_else(|| invalid("TransactItems can only contain Get"))?;
        let table = state.ready(cloud, region, required(parameters, "TableName")?)?;
        let found = read::one(table, parameters)?;
        responses.push(found.map_or_else(|| json!({}), |item| json!({"Item": item::write(&item)})));
    }
    Ok(json!({"Responses": responses}))
}
