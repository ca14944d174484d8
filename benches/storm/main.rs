//! A storm of failures on the deployed stack, with AWS's limits of throughput: exact counts, and what each failure costs.
//!
//! `cargo bench --package incident-bench --bench storm` sends a hundred thousand failures of fifty fingerprints, one in
//! twenty of them twice; a number as argument sends as many. It exits with 1 when a failure is lost or counted twice, when
//! one consumes too much, or when the handler's memory grows. Everything runs offline, on a local AWS in a temporary
//! directory.
#![expect(clippy::print_stdout, reason = "a bench prints its measurements")]

mod control;
mod machine;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use machine::Machine;

/// What the long form sends.
const FAILURES: usize = 100_000;
const FINGERPRINTS: usize = 50;
/// One failure in this many is delivered twice.
const TWICE: usize = 20;
/// Connections that send.
const SENDERS: usize = 4;
const INTERVAL: Duration = Duration::from_secs(1);
/// Write units for each delivery, with those of transactions that conflict.
const MOST_UNITS: f64 = 8.0;
/// Growth of a handler in kilobytes from the middle of the storm to its end.
const MOST_GROWTH: u64 = 4_096;
/// Time for each failure, far above what handling one takes.
const PATIENCE: Duration = Duration::from_millis(100);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(FAILURES);
    let machine = Machine::start()?;
    let begun = Instant::now();
    let (counts, memory) = thread::scope(|scope| {
        let machine = &machine;
        let senders: Vec<_> = (0..SENDERS).map(|one| scope.spawn(move || send(machine, one, count))).collect();
        let handled = until_counted(machine, count);
        for sender in senders {
            sender.join().map_err(|_| "a sender panicked")??;
        }
        handled.map_err(|error| error.to_string())
    })?;
    let (elapsed, deliveries) = (begun.elapsed(), count + count.div_ceil(TWICE));
    let units = machine.control()?.write_units()? / deliveries as f64;
    let (middle, last) = (memory.get(memory.len() / 2).copied(), memory.last().copied());
    let growth = last.unwrap_or_default().saturating_sub(middle.unwrap_or_default());

    let is_exact = counts == expected(count);
    println!("failures {count}, deliveries {deliveries}, handled in {:.1} s", elapsed.as_secs_f64());
    println!("counts {}", if is_exact { "exact" } else { "WRONG" });
    println!("write units for each delivery {units:.2}, limit {MOST_UNITS}");
    println!("growth of the largest handler {growth} KB, limit {MOST_GROWTH} KB");
    let is_kept = is_exact && units <= MOST_UNITS && growth <= MOST_GROWTH;
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Sends every fourth failure, from this one on.
fn send(machine: &Machine, first: usize, count: usize) -> Result<(), String> {
    let work = || -> Result<(), Box<dyn Error>> {
        let mut control = machine.control()?;
        for number in (first..count).step_by(SENDERS) {
            let event = failure(number).to_string();
            for _ in 0..=usize::from(number.is_multiple_of(TWICE)) {
                control.call("POST", "events", &event)?;
            }
        }
        Ok(())
    };
    work().map_err(|error| error.to_string())
}

/// How often each function failed, and the memory of the largest handler second by second.
type Handled = (BTreeMap<String, u64>, Vec<u64>);

/// Waits until all are counted.
#[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
fn until_counted(machine: &Machine, count: usize) -> Result<Handled, Box<dyn Error>> {
    let begun = Instant::now();
    let patience = PATIENCE * u32::try_from(count)? + Duration::from_secs(120);
    let mut memory = Vec::new();
    loop {
        memory.push(machine.largest_handler());
        let counts = machine.counts()?;
        let is_over = begun.elapsed() > patience;
        if counts.values().sum::<u64>() >= count as u64 || is_over {
            return Ok((counts, memory));
        }
        thread::sleep(INTERVAL);
    }
}

fn function(number: usize) -> String {
    format!("function-{}", number % FINGERPRINTS)
}

fn expected(count: usize) -> BTreeMap<String, u64> {
    let mut expected = BTreeMap::new();
    (0..count).for_each(|number| *expected.entry(function(number)).or_default() += 1);
    expected
}

fn failure(number: usize) -> Value {
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{}:$LATEST", function(number));
    json!({
        "id": format!("storm-{number}"), "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Failure", "time": "2026-01-01T00:00:00Z",
        "detail": {
            "requestContext": {"requestId": format!("request-{number}"), "functionArn": arn, "condition": "RetriesExhausted"},
            "responsePayload": {"errorType": "ValueError", "errorMessage": format!("no such order: {number}")},
        },
    })
}
