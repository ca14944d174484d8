//! Many failures with few fingerprints at once: few incidents, exact counts, few mails.

use std::io::Write;
use std::time::{Duration, Instant};

use incident_model::Incident;
use serde_json::Value;

use super::bus;
use super::memory::{Sample, Sampler, middle_and_last_peak};
use super::stack::Stack;
use crate::harness::{Aws, TestResult};

const FUNCTIONS: [&str; 5] = ["orders", "payments", "shipping", "invoices", "search"];
/// One failure in this many is delivered twice.
const TWICE: usize = 10;
/// Limit of single-incident mails within any sixty seconds.
const BUDGET: usize = 6;
/// Timeout per failure sent, far above what handling one takes on a busy machine.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Allowed growth of the warm handler in kilobytes: what its allocator retains.
const HANDLER_GROWTH: u64 = 2_048;
/// What the local AWS stores per failure, in kilobytes: a marker in the table, lines in the log.
const KEPT_PER_FAILURE: u64 = 8;

/// `INCIDENTCTL_TEST_STORM=1` sends the ten thousand failures the handler is built for.
#[tokio::test(flavor = "multi_thread")]
async fn guarantee_3_a_storm_is_few_incidents_with_exact_counts_and_guarantee_5_few_mails() -> TestResult {
    let is_whole = std::env::var("INCIDENTCTL_TEST_STORM").is_ok_and(|value| value == "1");
    let count = if is_whole { 10_000 } else { 300 };
    // A sweep every six seconds, and retries after six seconds.
    let stack = Stack::new("10").await?;
    let sampler = Sampler::start(stack.process);
    let before = waiting(&stack).await?;

    let began = Instant::now();
    let details: Vec<Value> = (0..count).map(|number| bus::failure(FUNCTIONS[number % 5], number)).collect();
    let ids = bus::put(&stack.aws, &details).await?;
    assert_eq!(ids.len(), count);
    let again: Vec<_> = ids.iter().zip(&details).step_by(TWICE).collect();
    bus::deliver_again(&stack.aws, &again).await?;
    let sent = began.elapsed();

    let deliveries = count + again.len();
    let patience = TIMEOUT * u32::try_from(deliveries)? + Duration::from_secs(60);
    let ended = until_handled(&stack, count, before, patience).await;
    let incidents = stack.incidents().await?;
    let whole = began.elapsed();
    let samples = sampler.samples();
    report(&stack, count, deliveries, sent, whole, &samples).await?;
    ended.map_err(|error| format!("{error}: {:?}", summaries(&incidents)))?;

    let mut counts: Vec<(&str, u64)> = summaries(&incidents);
    counts.sort_unstable();
    let mut expected = FUNCTIONS.map(|function| (function, (count / FUNCTIONS.len()) as u64));
    expected.sort_unstable();
    assert_eq!(counts, expected);
    assert!(incidents.iter().all(|incident| incident.notified_at.is_some() && incident.due.is_none()));
    assert_eq!((stack.aws.depth("devops-handler-dlq").await?, stack.aws.depth("devops-rule-dlq").await?), (0, 0));
    few_mails(&stack.aws, &incidents)?;
    if is_whole {
        flat(&samples, count)?;
    }
    Ok(())
}

/// Waits until every failure is counted, every delivery handled, and nothing due.
async fn until_handled(stack: &Stack, count: usize, before: f64, patience: Duration) -> TestResult {
    let began = Instant::now();
    while began.elapsed() < patience {
        let incidents = stack.incidents().await?;
        let counted: u64 = incidents.iter().map(|incident| incident.occurrences).sum();
        let is_told = incidents.iter().all(|incident| incident.due.is_none());
        if counted >= count as u64 && is_told && waiting(stack).await? <= before {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("not handled within {} s", patience.as_secs()).into())
}

/// Number of events in Lambda's queue for the handler, without synchronous invocations.
async fn waiting(stack: &Stack) -> TestResult<f64> {
    let handled = stack.metric("Invocations").await? - stack.metric("Errors").await?;
    Ok(stack.metric("AsyncEventsReceived").await? - handled)
}

fn summaries(incidents: &[Incident]) -> Vec<(&str, u64)> {
    incidents.iter().map(|incident| (incident.resource.as_str(), incident.occurrences)).collect()
}

/// At least one mail per incident, single or in a digest, and no more single ones per minute than the budget.
fn few_mails(aws: &Aws, incidents: &[Incident]) -> TestResult {
    let alerts = aws.alerts()?;
    for incident in incidents {
        let is_named = alerts.iter().any(|mail| mail.body.contains(&incident.incident_id));
        assert!(is_named, "no mail names {}: {alerts:#?}", incident.incident_id);
    }
    let is_single = |body: &str| incidents.iter().filter(|one| body.contains(&one.incident_id)).count() == 1;
    let singles: Vec<_> = alerts.iter().filter(|mail| is_single(&mail.body)).filter_map(|mail| mail.date).collect();
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
