//! Many failures with few fingerprints at once: few incidents, exact counts, few mails.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use incident_model::Incident;
use jiff::Timestamp;
use serde_json::Value;

use super::bus;
use super::memory::{Sample, Sampler, middle_and_last_peak};
use super::stack::{EVENTS, HANDLER, Stack};
use crate::harness::{Aws, Control, TestResult};

/// Functions that fail all the time, each with a fingerprint of its own.
const FUNCTIONS: usize = 48;
/// Functions that cannot start any more in the second half of the storm.
const CRASHING: [&str; 2] = ["crashing-0", "crashing-1"];
/// One failure in this many is delivered twice.
const TWICE: usize = 20;
/// One failure in this many of the second half is CRITICAL.
const CRITICAL: usize = 25;
/// Limit of single-incident mails within any sixty seconds, and what CRITICAL ones have beside it.
const BUDGET: usize = 6 + 1;
/// Batches at once.
const HANDLERS: usize = 10;
/// Calls of the table for each delivery: a look and a transaction for a group, again after each conflict.
const MOST_CALLS: usize = 6;
/// Write units for each delivery. Most are those of handlers that open the same incident at once, of which one succeeds.
const MOST_UNITS: f64 = 12.0;
/// Timeout per failure sent, far above what handling one takes on a busy machine.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Allowed growth of the warm handler in kilobytes: what its allocator retains.
const HANDLER_GROWTH: u64 = 2_048;
/// What the local AWS stores per failure, in kilobytes: a marker in the table, lines in the log.
const KEPT_PER_FAILURE: u64 = 8;

/// The function of a failure, and its detail.
fn failure(number: usize, count: usize) -> (String, Value) {
    let crashing =
        (number > count / 2 && number.is_multiple_of(CRITICAL)).then(|| CRASHING[number / CRITICAL % CRASHING.len()]);
    match crashing {
        Some(function) => (function.to_owned(), bus::crash(function, number)),
        None => {
            let function = format!("function-{}", number % FUNCTIONS);
            let failure = bus::failure(&function, number);
            (function, failure)
        }
    }
}

/// `INCIDENTCTL_TEST_STORM=1` sends the ten thousand failures the handler is built for.
#[tokio::test(flavor = "multi_thread")]
async fn guarantee_3_a_storm_is_few_incidents_with_exact_counts_and_guarantee_5_few_mails() -> TestResult {
    let is_whole = std::env::var("INCIDENTCTL_TEST_STORM").is_ok_and(|value| value == "1");
    let count = if is_whole { 10_000 } else { 1_000 };
    // A sweep every six seconds, messages come back after eighteen, and the table takes ten times as much in a second.
    let stack = Stack::new("10").await?;
    let mut control = Control::of(&stack.aws).await?;
    control.call("DELETE", "calls", "").await?;
    let sampler = Sampler::start(stack.process);

    let began = Instant::now();
    let (functions, details): (Vec<String>, Vec<Value>) = (0..count).map(|number| failure(number, count)).unzip();
    let (first, second) = details.split_at(count / 2);
    let mut ids = bus::put(&stack.aws, first).await?;
    let (critical, before) = (Timestamp::now(), stack.waiting(EVENTS).await?);
    ids.extend(bus::put(&stack.aws, second).await?);
    assert_eq!(ids.len(), count);
    let again: Vec<_> = ids.iter().zip(&details).step_by(TWICE).collect();
    bus::deliver_again(&stack.aws, &again).await?;
    let sent = began.elapsed();

    let deliveries = count + again.len();
    let patience = TIMEOUT * u32::try_from(deliveries)? + Duration::from_secs(60);
    let ended = until_handled(&stack, count, patience).await;
    let incidents = stack.incidents().await?;
    let whole = began.elapsed();
    let samples = sampler.samples();
    report(&stack, count, deliveries, sent, whole, &samples).await?;
    ended.map_err(|error| format!("{error}: {:?}", counts(&incidents)))?;

    let mut expected = BTreeMap::new();
    functions.into_iter().for_each(|function| *expected.entry(function).or_default() += 1_u64);
    assert_eq!((counts(&incidents), incidents.len()), (expected, FUNCTIONS + CRASHING.len()));
    assert!(incidents.iter().all(|incident| incident.notified_at.is_some() && incident.due.is_none()));
    assert_eq!((stack.aws.depth("devops-handler-dlq").await?, stack.aws.depth("devops-rule-dlq").await?), (0, 0));
    few_mails(&stack.aws, &incidents)?;
    match is_whole {
        true => flat(&samples, count),
        // The local AWS remembers so many calls.
        false => few_calls(&stack, deliveries, critical, before).await,
    }
}

/// The handler calls few times for each delivery, and receives few batches from the arrival of the first CRITICAL failure
/// until its mail, when `before` messages were before it.
async fn few_calls(stack: &Stack, deliveries: usize, critical: Timestamp, before: u32) -> TestResult {
    let calls = Control::of(&stack.aws).await?.call("GET", "calls", "").await?;
    let calls: Vec<&Value> = calls.as_array().into_iter().flatten().filter(|call| is_of_handler(call)).collect();
    let of_table = calls.iter().filter(|call| call["service"] == "dynamodb").count();
    let units: f64 = calls.iter().filter_map(|call| call["write_units"].as_f64()).sum();
    let mut alerts = stack.aws.alerts()?.into_iter();
    let mail = alerts.find(|mail| mail.subject.starts_with("[CRITICAL]")).ok_or("no CRITICAL mail")?;
    let name = mail.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mailed: Timestamp = name.split('-').next().unwrap_or_default().parse()?;
    let span = critical.as_millisecond()..=mailed.as_millisecond();
    let is_between = |call: &&&Value| call["at"].as_i64().is_some_and(|at| span.contains(&at));
    let batches = calls.iter().filter(|call| call["operation"] == "ReceiveMessage").filter(is_between).count();
    writeln!(
        std::io::stderr(),
        "storm: {:.1} calls of the table and {:.2} write units for each delivery; {batches} batches from the first CRITICAL failure, which came \
         after {before} messages, to its mail",
        of_table as f64 / deliveries as f64,
        units / deliveries as f64,
    )?;
    assert!(of_table <= MOST_CALLS * deliveries, "{of_table} calls of the table for {deliveries} deliveries");
    assert!(units <= MOST_UNITS * deliveries as f64, "{units} write units for {deliveries} deliveries");
    let most = usize::try_from(before)?.div_ceil(10) + 3 * HANDLERS;
    assert!(batches <= most, "{batches} batches after {before} messages");
    Ok(())
}

fn is_of_handler(call: &Value) -> bool {
    call["principal"].as_str().is_some_and(|principal| principal.contains(HANDLER))
}

/// Waits until every failure is counted, every message handled, and nothing due.
async fn until_handled(stack: &Stack, count: usize, patience: Duration) -> TestResult {
    let began = Instant::now();
    while began.elapsed() < patience {
        let incidents = stack.incidents().await?;
        let counted: u64 = incidents.iter().map(|incident| incident.occurrences).sum();
        let is_told = incidents.iter().all(|incident| incident.due.is_none());
        if counted >= count as u64 && is_told && stack.waiting(EVENTS).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("not handled within {} s", patience.as_secs()).into())
}

fn counts(incidents: &[Incident]) -> BTreeMap<String, u64> {
    incidents.iter().map(|incident| (incident.resource.clone(), incident.occurrences)).collect()
}

/// At least one mail per incident, single or in a digest, and no more single ones per minute than the budget.
fn few_mails(aws: &Aws, incidents: &[Incident]) -> TestResult {
    let alerts = aws.alerts()?;
    for incident in incidents {
        let is_named = alerts.iter().any(|mail| mail.body.contains(&incident.incident_id));
        assert!(is_named, "no mail names {}: {alerts:#?}", incident.incident_id);
    }
    let is_single = |body: &str| incidents.iter().filter(|one| body.contains(&one.incident_id)).count() == 1;
    let singles = alerts.iter().filter(|mail| is_single(&mail.body) && !mail.subject.starts_with("[DIGEST]"));
    let singles: Vec<_> = singles.filter_map(|mail| mail.date).collect();
    for window in singles.windows(BUDGET + 1) {
        let seconds = window[BUDGET].as_second() - window[0].as_second();
        assert!(seconds >= 59, "{} mails in {seconds} s", BUDGET + 1);
    }
    Ok(())
}

fn flat(samples: &[Sample], count: usize) -> TestResult {
    let (middle, last) = middle_and_last_peak(samples, |sample| sample.function);
    assert!(last <= middle + HANDLER_GROWTH, "the handler grew from {middle} to {last} KB");
    let (middle, last) = middle_and_last_peak(samples, |sample| sample.cloud);
    let bound = middle + KEPT_PER_FAILURE * u64::try_from(count)? / 3;
    assert!(last <= bound, "the local AWS grew from {middle} to {last} KB, above {bound}");
    Ok(())
}

/// Prints the measurements on standard error, even when the test passes.
async fn report(
    stack: &Stack,
    count: usize,
    deliveries: usize,
    sent: Duration,
    whole: Duration,
    samples: &[Sample],
) -> TestResult {
    let (invocations, errors) = (stack.metric("Invocations").await?, stack.metric("Errors").await?);
    let (cloud, function) =
        (middle_and_last_peak(samples, |sample| sample.cloud), middle_and_last_peak(samples, |sample| sample.function));
    let functions = samples.iter().map(|sample| sample.functions).max().unwrap_or_default();
    Ok(writeln!(
        std::io::stderr(),
        "storm: {count} failures, {deliveries} deliveries, sent in {:.1} s, handled in {:.1} s ({:.0} a second), \
         {invocations} invocations of which {errors} failed, {functions} handlers at most, {} mails; \
         resident KB in the middle third and the last: handler {function:?}, local AWS {cloud:?}",
        sent.as_secs_f64(),
        whole.as_secs_f64(),
        deliveries as f64 / whole.as_secs_f64(),
        stack.aws.alerts()?.len(),
    )?)
}
