//! Invocation metrics: per function and account-wide.

use super::Outcome;
use crate::Cloud;
use crate::services::cloudwatch::{self, Datum};
use crate::services::lambda::function::Function;

pub(super) fn ended(cloud: &Cloud, function: &Function, outcome: &Outcome, concurrency: u32) {
    record(cloud, function, "Invocations", 1.0, "Count");
    record(cloud, function, "Errors", if outcome.is_error { 1.0 } else { 0.0 }, "Count");
    record(cloud, function, "Duration", outcome.duration.as_secs_f64() * 1000.0, "Milliseconds");
    record(cloud, function, "Throttles", 0.0, "Count");
    record(cloud, function, "ConcurrentExecutions", f64::from(concurrency), "Count");
}

/// A throttled invocation.
pub(super) fn throttled(cloud: &Cloud, function: &Function) {
    record(cloud, function, "Throttles", 1.0, "Count");
}

/// One event of an asynchronous invocation: `AsyncEventsReceived` and the like.
pub(in super::super) fn count(cloud: &Cloud, function: &Function, name: &str) {
    record(cloud, function, name, 1.0, "Count");
}

fn record(cloud: &Cloud, function: &Function, name: &str, value: f64, unit: &str) {
    for dimensions in [vec![("FunctionName".to_owned(), function.name.clone())], Vec::new()] {
        let datum = Datum {
            namespace: "AWS/Lambda".to_owned(),
            name: name.to_owned(),
            dimensions,
            value,
            unit: unit.to_owned(),
        };
        cloudwatch::record(cloud, &function.region, datum);
    }
}
