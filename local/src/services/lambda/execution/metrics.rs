//! Invocation metrics: per function and account-wide. An invocation counts in the minute in which it began, however long
//! it takes (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>).

use super::Outcome;
use crate::Cloud;
use crate::services::cloudwatch::{self, Datum};
use crate::services::lambda::function::Function;

pub(super) fn ended(cloud: &Cloud, function: &Function, outcome: &Outcome, concurrency: u32) {
    let began = now(cloud) - i64::try_from(outcome.duration.as_millis()).unwrap_or_default();
    let record = |name, value, unit| record(cloud, function, name, value, unit, began);
    record("Invocations", 1.0, "Count");
    record("Errors", if outcome.is_error { 1.0 } else { 0.0 }, "Count");
    record("Duration", outcome.duration.as_secs_f64() * 1000.0, "Milliseconds");
    record("Throttles", 0.0, "Count");
    record("ConcurrentExecutions", f64::from(concurrency), "Count");
}

/// A throttled invocation.
pub(super) fn throttled(cloud: &Cloud, function: &Function) {
    record(cloud, function, "Throttles", 1.0, "Count", now(cloud));
}

/// One event of an asynchronous invocation: `AsyncEventsReceived` and the like.
pub(in super::super) fn count(cloud: &Cloud, function: &Function, name: &str) {
    record(cloud, function, name, 1.0, "Count", now(cloud));
}

fn now(cloud: &Cloud) -> i64 {
    cloud.clock.now().as_millisecond()
}

fn record(cloud: &Cloud, function: &Function, name: &str, value: f64, unit: &str, at: i64) {
    for dimensions in [vec![("FunctionName".to_owned(), function.name.clone())], Vec::new()] {
        let datum = Datum {
            namespace: "AWS/Lambda".to_owned(),
            name: name.to_owned(),
            dimensions,
            value,
            unit: unit.to_owned(),
        };
        cloudwatch::record_at(cloud, &function.region, datum, at);
    }
}
