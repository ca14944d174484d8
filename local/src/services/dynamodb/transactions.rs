//! Transactions: all of it or nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Cloud;

use super::key::Key;
use super::table::Table;
use super::write::{Effect, Write};
use super::{Failure, State, invalid, item, no_such_resource, read, required};

/// How long an idempotency token counts.
const TOKEN: Duration = Duration::from_secs(600);
const CONFLICT: &str = "Transaction is ongoing for the item";

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

/// The answer to a transaction that a fault rule cancels.
pub(super) fn cancelled_for(codes: &[String]) -> Failure {
    let reason = |code: &String| match code.as_str() {
        "None" => json!({"Code": code}),
        _ => json!({"Code": code, "Message": "A fault rule asked for it."}),
    };
    cancelled(codes.iter().map(reason).collect())
}

/// The transactions that are on: their tokens, and the items that nobody else may write meanwhile.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    tokens: BTreeSet<String>,
    items: BTreeSet<Place>,
}

/// Which item: the region, the name of its table, its key.
pub(super) type Place = (String, String, Key);

impl InFlight {
    /// Refuses a write of an item that a transaction has, as AWS does.
    pub(super) fn check(&self, place: &Place) -> Result<(), Failure> {
        match self.items.contains(place) {
            true => Err(Failure::new("TransactionConflictException", CONFLICT)),
            false => Ok(()),
        }
    }
}

pub(super) fn place(table: &Table, key: &Key) -> Place {
    (table.region.clone(), table.name.clone(), key.clone())
}

/// A transaction whose conditions hold, and whose items are its own until it has ended.
struct Begun {
    region: String,
    effects: Vec<(String, Effect)>,
    places: Vec<Place>,
    token: Option<String>,
}

/// Decides at once, and takes effect after the time that a transaction takes. It goes on when the caller goes away.
pub(super) async fn write(cloud: &Cloud, region: &str, input: Value) -> Result<Value, Failure> {
    let Some(begun) = begin(cloud, region, &input)? else { return Ok(json!({})) };
    let cloud = cloud.clone();
    let work = tokio::spawn(async move {
        cloud.clock.sleep(cloud.config.latency.transaction).await;
        end(&cloud, begun, &input)
    });
    work.await.unwrap_or_else(|error| Err(Failure::new("InternalServerError", error.to_string())))
}

/// Checks everything and keeps others from the items; nothing when the transaction was done before under its token.
fn begin(cloud: &Cloud, region: &str, input: &Value) -> Result<Option<Begun>, Failure> {
    let list = actions(input)?;
    let token = input.get("ClientRequestToken").and_then(Value::as_str);
    let mut state = cloud.dynamodb.state();
    if already_done(cloud, &mut state, input)? {
        return Ok(None);
    }
    if token.is_some_and(|token| state.in_flight.tokens.contains(token)) {
        let message = "The transaction with the given request token is already in progress.";
        return Err(Failure::new("TransactionInProgressException", message));
    }
    let mut places = Vec::new();
    let mut effects = Vec::new();
    let mut reasons = Vec::new();
    for entry in list {
        let (kind, parameters) = action(entry)?;
        let name = required(parameters, "TableName")?;
        if kind == "ConditionCheck" {
            required(parameters, "ConditionExpression")?;
        }
        let table = state.ready(cloud, region, name).map_err(|_| no_such_resource())?;
        let write = Write::read(table, parameters, kind)?;
        let place = place(table, &write.key(table)?);
        let planned = write.plan(table);
        if places.contains(&place) {
            return Err(invalid("Transaction request cannot include multiple operations on one item"));
        }
        reasons.push(match planned {
            _ if state.in_flight.items.contains(&place) => json!({"Code": "TransactionConflict", "Message": CONFLICT}),
            Ok(effect) => {
                effects.push((name.to_owned(), effect));
                json!({"Code": "None"})
            }
            Err(failure) => reason(failure),
        });
        places.push(place);
    }
    if effects.len() < list.len() {
        return Err(cancelled(reasons));
    }
    state.in_flight.items.extend(places.iter().cloned());
    state.in_flight.tokens.extend(token.map(str::to_owned));
    Ok(Some(Begun { region: region.to_owned(), effects, places, token: token.map(str::to_owned) }))
}

fn end(cloud: &Cloud, begun: Begun, input: &Value) -> Result<Value, Failure> {
    let mut state = cloud.dynamodb.state();
    for place in &begun.places {
        state.in_flight.items.remove(place);
    }
    for (name, effect) in &begun.effects {
        effect.apply(cloud, state.ready(cloud, &begun.region, name)?);
    }
    if let Some(token) = begun.token {
        state.in_flight.tokens.remove(&token);
        state.tokens.insert(token, (input["TransactItems"].clone(), Instant::now()));
    }
    Ok(json!({}))
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
