//! Transactions: all of it or nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Cloud;

use super::capacity::{Charge, Consistency, TRANSACTION};
use super::consumed::{Consumed, Shape};
use super::key::Key;
use super::table::Table;
use super::throttle::Throttled;
use super::write::{Effect, Write};
use super::{Failure, State, invalid, item, read, required};

/// How long an idempotency token counts.
const TOKEN: Duration = Duration::from_secs(600);
const CONFLICT: &str = "Transaction is ongoing for the item";
/// Bytes of the items of a transaction: of those it has when it writes, of those it answers with when it reads.
const LARGEST: usize = 4 * 1024 * 1024;

fn several_on_one_item() -> Failure {
    invalid("Transaction request cannot include multiple operations on one item")
}

fn check_size(bytes: usize) -> Result<(), Failure> {
    match bytes {
        0..=LARGEST => Ok(()),
        _ => Err(invalid("Transaction payload size cannot exceed 4194304 bytes")),
    }
}

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
    tokens: BTreeSet<Token>,
    items: BTreeSet<Place>,
}

/// An idempotency token, with the region that it counts in.
pub(super) type Token = (String, String);

fn token_of(region: &str, input: &Value) -> Option<Token> {
    let token = input.get("ClientRequestToken").and_then(Value::as_str)?;
    Some((region.to_owned(), token.to_owned()))
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
    token: Option<Token>,
}

/// A transaction that was done under a token.
#[derive(Debug)]
pub(super) struct Done {
    /// Its `TransactItems`.
    items: Value,
    at: Instant,
    /// What it costs to find out that it was done, each with its table: AWS reads the items again.
    replay: Vec<(String, Charge)>,
}

/// Decides at once, and takes effect after the time that a transaction takes. It goes on when the caller goes away.
pub(super) async fn write(
    cloud: &Cloud,
    region: &str,
    input: Value,
    consumed: &mut Consumed,
) -> Result<Value, Failure> {
    let mut output = json!({});
    if let Some(begun) = begin(cloud, region, &input, consumed)? {
        let (cloud, items) = (cloud.clone(), input["TransactItems"].clone());
        let work = tokio::spawn(async move {
            cloud.clock.sleep(cloud.config.latency.transaction).await;
            end(&cloud, begun, items)
        });
        work.await.unwrap_or_else(|error| Err(Failure::new("InternalServerError", error.to_string())))?;
    }
    consumed.answer(&mut output, &input, Shape::Transaction);
    Ok(output)
}

/// An action that was read and checked.
struct Planned<'i> {
    /// The table as the action names it.
    table: &'i str,
    place: Place,
    /// Whether another transaction has the item.
    conflicts: bool,
    /// Bytes that the action has.
    payload: usize,
    effect: Result<Effect, Failure>,
}

impl<'i> Planned<'i> {
    fn read(cloud: &Cloud, state: &mut State, region: &str, entry: &'i Value) -> Result<Self, Failure> {
        let (kind, parameters) = action(entry)?;
        let name = required(parameters, "TableName")?;
        match kind {
            "ConditionCheck" => required(parameters, "ConditionExpression").map(drop)?,
            "Update" => required(parameters, "UpdateExpression").map(drop)?,
            _ => {}
        }
        let table = state.ready(cloud, region, name)?;
        let write = Write::read(table, parameters, kind)?;
        let place = place(table, &write.key(table)?);
        let effect = write.plan(table);
        let conflicts = state.in_flight.items.contains(&place);
        Ok(Self { table: name, place, conflicts, payload: write.payload, effect })
    }

    fn is_refused(&self) -> bool {
        self.conflicts || self.effect.as_ref().map_or(true, Effect::is_refused)
    }

    /// What it consumes: when the transaction is cancelled, the table's part of what can be done.
    fn charges(&self, table: &Table, is_cancelled: bool) -> Vec<Charge> {
        match &self.effect {
            Ok(effect) if is_cancelled => vec![effect.charge_of_table(TRANSACTION)],
            Ok(effect) => effect.charges(table, TRANSACTION),
            Err(_) => Vec::new(),
        }
    }

    /// The reason that it has for a cancellation; the effect when it has none.
    fn reason(self, throttled: Option<Throttled>) -> (Value, Option<(String, Effect)>) {
        let refused = match (self.effect, throttled) {
            _ if self.conflicts => json!({"Code": "TransactionConflict", "Message": CONFLICT}),
            (_, Some(throttled)) => json!({"Code": throttled.transaction_code(), "Message": throttled.message()}),
            (Err(failure), None) => reason(failure),
            (Ok(mut effect), None) => match effect.refused() {
                Some(failure) => reason(failure),
                None => return (json!({"Code": "None"}), Some((self.table.to_owned(), effect))),
            },
        };
        (refused, None)
    }
}

/// Checks everything and keeps others from the items; nothing when the transaction was done before under its token.
fn begin(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Option<Begun>, Failure> {
    let list = actions(input)?;
    let token = token_of(region, input);
    let mut state = cloud.dynamodb.state();
    if let Some(replay) = already_done(cloud, &mut state, token.as_ref(), input)? {
        for (name, charge) in replay {
            consumed.take(cloud, state.ready(cloud, region, &name)?, &name, vec![charge])?;
        }
        return Ok(None);
    }
    if token.as_ref().is_some_and(|token| state.in_flight.tokens.contains(token)) {
        let message = "The transaction with the given request token is already in progress.";
        return Err(Failure::new("TransactionInProgressException", message));
    }
    let mut planned: Vec<Planned<'_>> = Vec::new();
    for (position, entry) in list.iter().enumerate() {
        let action = Planned::read(cloud, &mut state, region, entry);
        let action = action.map_err(|failure| of_action(failure, position, list.len()))?;
        if planned.iter().any(|other| other.place == action.place) {
            return Err(several_on_one_item());
        }
        planned.push(action);
    }
    check_size(planned.iter().map(|action| action.payload).sum())?;
    let is_cancelled = planned.iter().any(Planned::is_refused);
    let places: Vec<Place> = planned.iter().map(|action| action.place.clone()).collect();
    let (mut effects, mut reasons) = (Vec::new(), Vec::new());
    for action in planned {
        let table = state.ready(cloud, region, action.table)?;
        let charges = action.charges(table, is_cancelled);
        let throttled = consumed.take(cloud, table, action.table, charges).err();
        let (reason, effect) = action.reason(throttled);
        reasons.push(reason);
        effects.extend(effect);
    }
    if effects.len() < places.len() {
        return Err(cancelled(reasons));
    }
    state.in_flight.items.extend(places.iter().cloned());
    state.in_flight.tokens.extend(token.clone());
    Ok(Some(Begun { region: region.to_owned(), effects, places, token }))
}

fn end(cloud: &Cloud, begun: Begun, items: Value) -> Result<(), Failure> {
    let mut state = cloud.dynamodb.state();
    for place in &begun.places {
        state.in_flight.items.remove(place);
    }
    if let Some(token) = &begun.token {
        state.in_flight.tokens.remove(token);
    }
    for (name, effect) in &begun.effects {
        effect.apply(cloud, state.ready(cloud, &begun.region, name)?);
    }
    if let Some(token) = begun.token {
        let replay = begun.effects.into_iter().map(|(name, effect)| (name, effect.charge_of_replay())).collect();
        state.tokens.insert(token, Done { items, at: Instant::now(), replay });
    }
    Ok(())
}

/// What comes of an action that cannot be read. An item that does not fit its table cancels the transaction before any
/// condition is looked at: the other actions have no reason. Anything else is wrong with the request.
fn of_action(failure: Failure, position: usize, count: usize) -> Failure {
    if !failure.is_of_item {
        return failure;
    }
    let mut reasons = vec![json!({"Code": "None"}); count];
    reasons[position] = reason(failure);
    cancelled(reasons)
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

/// What it costs that this very transaction was done under the same token, if so.
fn already_done(
    cloud: &Cloud,
    state: &mut State,
    token: Option<&Token>,
    input: &Value,
) -> Result<Option<Vec<(String, Charge)>>, Failure> {
    let lifetime = cloud.clock.scaled(TOKEN);
    state.tokens.retain(|_, done| done.at.elapsed() < lifetime);
    match token.and_then(|token| state.tokens.get(token)) {
        None => Ok(None),
        Some(done) if Some(&done.items) == input.get("TransactItems") => Ok(Some(done.replay.clone())),
        Some(_) => Err(Failure::new(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical",
        )),
    }
}

pub(super) fn get(cloud: &Cloud, region: &str, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let mut state = cloud.dynamodb.state();
    let mut looked_up: Vec<(&str, Place, read::Found)> = Vec::new();
    let list = actions(input)?;
    for (position, entry) in list.iter().enumerate() {
        let parameters = entry.get("Get").ok_or_else(|| invalid("TransactItems can only contain Get"))?;
        let name = required(parameters, "TableName")?;
        let table = state.ready(cloud, region, name)?;
        let found = read::one(table, parameters).map_err(|failure| of_action(failure, position, list.len()))?;
        let place = place(table, &found.key);
        if looked_up.iter().any(|(_, other, _)| *other == place) {
            return Err(several_on_one_item());
        }
        looked_up.push((name, place, found));
    }
    check_size(looked_up.iter().map(|(.., found)| found.bytes).sum())?;
    let (mut responses, mut reasons) = (Vec::new(), Vec::new());
    for (name, place, found) in looked_up {
        let conflicts = state.in_flight.items.contains(&place);
        let table = state.ready(cloud, region, name)?;
        let throttled = consumed.take(cloud, table, name, vec![found.charge(Consistency::Transactional)]).err();
        reasons.push(match throttled {
            _ if conflicts => json!({"Code": "TransactionConflict", "Message": CONFLICT}),
            None => json!({"Code": "None"}),
            Some(throttled) => json!({"Code": throttled.transaction_code(), "Message": throttled.message()}),
        });
        responses.push(found.item.map_or_else(|| json!({}), |item| json!({"Item": item::write(&item)})));
    }
    if reasons.iter().any(|reason| reason["Code"] != "None") {
        return Err(cancelled(reasons));
    }
    let mut output = json!({"Responses": responses});
    consumed.answer(&mut output, input, Shape::Transaction);
    Ok(output)
}
