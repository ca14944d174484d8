//! DynamoDB: tables with their lifecycle, items, indexes, transactions.
//!
//! The tables are kept here, under one lock: that makes every operation atomic. A transaction keeps its items to itself for a moment, in which others meet a conflict.
//! PartiQL, streams, backups, local secondary indexes and the parameters that expressions replaced in 2014 answer
//! `NotImplemented`.

mod access;
mod batch;
mod capacity;
mod consumed;
mod definition;
mod expression;
mod item;
mod key;
mod metrics;
mod names;
mod number;
mod parameters;
mod read;
mod segment;
mod settings;
mod start;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod throttle;
mod totals;
mod transactions;
mod update;
mod value;
mod view;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::fault::Action;
use crate::{ApiError, Call, Cloud};
pub use access::authorization;
use consumed::Consumed;
pub use consumed::ConsumedUnits;
pub(crate) use settings::mark;
use table::Table;
pub use totals::{ConsumedTotal, consumed_totals};

/// State of the service.
#[derive(Debug, Default)]
pub struct Dynamodb {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By region and name.
    tables: BTreeMap<(String, String), Table>,
    /// The transactions that were done, by their idempotency tokens.
    tokens: HashMap<transactions::Token, transactions::Done>,
    /// The transactions that are on.
    in_flight: transactions::InFlight,
    totals: totals::Totals,
}

impl Dynamodb {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A table in whatever state, by name or ARN. Tables whose deletion has ended are gone.
    fn table(&mut self, region: &str, name: &str) -> Option<&mut Table> {
        let key = (region.to_owned(), names::own(region, name).unwrap_or(name).to_owned());
        if self.tables.get(&key).is_some_and(Table::is_gone) {
            self.tables.remove(&key);
        }
        self.tables.get_mut(&key)
    }

    /// A table that takes data calls. One that is being created does not exist yet for them.
    fn ready(&mut self, cloud: &Cloud, region: &str, name: &str) -> Result<&mut Table, Failure> {
        let name = names::checked(region, name)?;
        let table = self.table(region, name).filter(|table| table.takes_data()).ok_or_else(no_such_resource)?;
        table.expire(cloud);
        table.settle_views();
        Ok(table)
    }
}

/// The name of a table that is named by name or ARN.
fn bare_name(name: &str) -> &str {
    name.rsplit_once(":table/").map_or(name, |(_, resource)| resource)
}

/// An error, with the members that some errors have besides their message.
#[derive(Debug)]
struct Failure {
    error: ApiError,
    members: Vec<(String, Value)>,
    /// Whether an item or a key does not fit its table, which cancels a transaction by a reason of its action.
    is_of_item: bool,
}

impl Failure {
    fn new(code: &str, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.members.push((name.to_owned(), value));
        self
    }

    fn of_item(mut self) -> Self {
        self.is_of_item = true;
        self
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, members: Vec::new(), is_of_item: false }
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("ValidationException", message)
}

fn no_such_resource() -> Failure {
    Failure::new("ResourceNotFoundException", "Requested resource not found")
}

fn no_such_table(name: &str) -> Failure {
    Failure::new("ResourceNotFoundException", format!("Requested resource not found: Table: {name} not found"))
}

/// A text parameter that has to be there.
fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, Failure> {
    input.get(name).and_then(Value::as_str).ok_or_else(|| parameters::missing(&parameters::lowered(name)))
}

/// A structure that has to be there.
fn required_map<'a>(input: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    input.get(name).filter(|value| !value.is_null()).ok_or_else(|| parameters::missing(&parameters::lowered(name)))
}

/// Answers a call, in the JSON that DynamoDB speaks. Of the faults it knows those that are its own.
pub async fn handle(cloud: &Cloud, call: &Call, body: &[u8], fault: Option<&Action>) -> Response<Bytes> {
    let mut consumed = Consumed::default();
    let outcome = match serde_json::from_slice::<Value>(body) {
        Ok(input) if input.is_object() => perform(cloud, call, input, fault, &mut consumed).await,
        _ => Err(Failure::new("SerializationException", "Start of structure or map found where not expected.")),
    };
    cloud.dynamodb.state().totals.add(&call.region, &call.operation, &consumed);
    metrics::publish(cloud, &call.region, &call.operation, &consumed);
    let mut reply = reply(call, outcome);
    // For the call log: a refused call consumes, too, and its answer does not say so.
    reply.extensions_mut().insert(consumed.by_resource());
    reply
}

async fn perform(
    cloud: &Cloud,
    call: &Call,
    input: Value,
    fault: Option<&Action>,
    consumed: &mut Consumed,
) -> Result<Value, Failure> {
    parameters::check(&call.operation, &input)?;
    match (call.operation.as_str(), fault) {
        ("TransactWriteItems", Some(Action::Cancel { reasons })) => Err(transactions::cancelled_for(reasons)),
        ("TransactWriteItems", _) => transactions::write(cloud, &call.region, input, consumed).await,
        ("BatchGetItem", Some(Action::Unprocessed)) => batch::get_first(cloud, &call.region, &input, consumed),
        _ => dispatch(cloud, call, &input, consumed),
    }
}

fn reply(call: &Call, outcome: Result<Value, Failure>) -> Response<Bytes> {
    match outcome {
        Ok(output) => response(StatusCode::OK, call, &output),
        Err(failure) => {
            let status = StatusCode::from_u16(failure.error.status).unwrap_or(StatusCode::BAD_REQUEST);
            let namespace = match failure.error.code.as_str() {
                "ValidationException" => "com.amazon.coral.validate",
                "SerializationException" => "com.amazon.coral.service",
                "ThrottlingException" => "com.amazon.coral.availability",
                _ => "com.amazonaws.dynamodb.v20120810",
            };
            let kind = format!("{namespace}#{}", failure.error.code);
            // This one member is written with a capital in DynamoDB's transaction errors.
            let message = if failure.member("CancellationReasons").is_some() { "Message" } else { "message" };
            let mut output = json!({"__type": kind, message: failure.error.message});
            if let Some(members) = output.as_object_mut() {
                members.extend(failure.members);
            }
            response(status, call, &output)
        }
    }
}

fn response(status: StatusCode, call: &Call, output: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(output.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    if let Ok(id) = HeaderValue::from_str(&call.request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn dispatch(cloud: &Cloud, call: &Call, input: &Value, consumed: &mut Consumed) -> Result<Value, Failure> {
    let region = call.region.as_str();
    match call.operation.as_str() {
        "CreateTable" => tables::create(cloud, region, input),
        "DescribeTable" => tables::describe(cloud, region, input),
        "ListTables" => tables::list(cloud, region, input),
        "UpdateTable" => update::update(cloud, region, input),
        "DeleteTable" => tables::delete(cloud, region, input),
        "PutItem" => write::put(cloud, region, input, consumed),
        "UpdateItem" => write::update(cloud, region, input, consumed),
        "DeleteItem" => write::delete(cloud, region, input, consumed),
        "GetItem" => read::get(cloud, region, input, consumed),
        "Query" => read::query(cloud, region, input, consumed),
        "Scan" => read::scan(cloud, region, input, consumed),
        "BatchGetItem" => batch::get(cloud, region, input, consumed),
        "BatchWriteItem" => batch::write(cloud, region, input, consumed),
        "TransactGetItems" => transactions::get(cloud, region, input, consumed),
        operation => settings::handle(cloud, region, operation, input),
    }
}
