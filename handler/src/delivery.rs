//! Invocations from Lambda: sanitises the bytes before the runtime parses them, and splits deliveries.

use std::borrow::Cow;
use std::fmt::Debug;

use incident_model::{Classification, Rules, Unreadable, json, observe, read};
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime, Service, layers};
use serde_json::{Value, json};

use crate::drill;
use crate::settings::Settings;

/// Polls for invocations and handles them, for the life of the process.
///
/// The runtime parses an event before the handler sees it, and reports unparsable ones as failures of the handler. So
/// the parts that the parser rejects are removed first (see [`json::readable`]).
///
/// # Errors
/// When the Runtime API is unreachable.
pub async fn serve<F>(function: F) -> Result<(), Error>
where
    F: Service<LambdaEvent<Value>, Response = Value>,
    F::Future: Future<Output = Result<Value, F::Error>>,
    F::Error: Into<Diagnostic> + Debug,
{
    let runtime = Runtime::new(function).layer(layers::TracingLayer::new());
    runtime.layer(MapRequestLayer::new(readable)).run().await
}

fn readable(invocation: LambdaInvocation) -> LambdaInvocation {
    match json::readable(&invocation.body) {
        Cow::Borrowed(_) => invocation,
        Cow::Owned(body) => LambdaInvocation { body: body.into(), ..invocation },
    }
}

/// What a delivery contains.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Its events.
    pub(crate) events: Vec<Classification>,
    /// Why the last part that cannot be read cannot be read.
    pub(crate) unreadable: Option<Unreadable>,
}

impl Reading {
    /// Reads and classifies the events of a delivery. A part that cannot be read does not hide the others.
    pub(crate) fn of(delivery: &Value, settings: &Settings, rules: &Rules) -> Self {
        let mut reading = Self::default();
        for part in parts(delivery, &settings.function) {
            match observe(&part) {
                Ok(observed) => reading
                    .events
                    .extend(observed.into_iter().map(|seen| Classification::of(drill::genuine(seen, settings), rules))),
                Err(error) => reading.unreadable = Some(error),
            }
        }
        reading
    }
}

/// Splits a delivery into its independent parts. A record that was redriven from the handler's own dead-letter queue is
/// Lambda's record of the handler's failure, and is replaced by the delivery that failed. All others stay together.
fn parts(delivery: &Value, function: &str) -> Vec<Value> {
    let records = delivery.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let payloads: Vec<Option<Value>> = records.iter().map(|record| failed_before(record, function)).collect();
    if payloads.iter().all(Option::is_none) {
        return vec![delivery.clone()];
    }
    let others: Vec<&Value> =
        records.iter().zip(&payloads).filter(|(_, payload)| payload.is_none()).map(|(record, _)| record).collect();
    let others = (!others.is_empty()).then(|| json!({ "Records": others }));
    payloads.into_iter().flatten().chain(others).collect()
}

/// The delivery that the handler failed on, if the record contains one.
fn failed_before(record: &Value, function: &str) -> Option<Value> {
    let body = record.get("body").and_then(Value::as_str)?;
    if !(body.contains(function) && body.contains("requestPayload")) {
        return None;
    }
    let failure: Result<Value, Unreadable> = read(body.as_bytes());
    let failure = failure.ok()?;
    let arn = failure.pointer("/requestContext/functionArn").and_then(Value::as_str).unwrap_or_default();
    let is_own = arn.split(':').nth(6) == Some(function);
    is_own.then(|| failure.get("requestPayload").cloned()).flatten()
}
