//! Asynchronous invocations: AWS's retries, then delivery to a destination.

mod delivery;
mod record;

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::event_invoke::EventInvokeConfig;
use super::execution::{self, Outcome, metrics};
use super::function::Function;
use super::reference::Reference;
use super::store;
use crate::Cloud;

use record::Condition;

/// AWS's default maximum event age, six hours.
const MAXIMUM_AGE: u32 = 21_600;
const MAXIMUM_RETRIES: u32 = 2;
/// Delays before the second and third attempt after a function error.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// Initial delay between attempts while throttled or while the service fails; doubles each time.
const BACKOFF: Duration = Duration::from_secs(1);
const MAXIMUM_BACKOFF: Duration = Duration::from_secs(300);

/// The queue of asynchronous events.
#[derive(Debug)]
pub(super) struct Queue {
    /// Lambda drains its queue as concurrency allows: waiting events are not rejected, and keep their order.
    readers: Semaphore,
}

impl Default for Queue {
    fn default() -> Self {
        Self { readers: Semaphore::new(execution::pool::PROCESS_LIMIT) }
    }
}

/// A queued event.
#[derive(Debug, Clone)]
pub(super) struct AsyncEvent {
    reference: Reference,
    payload: Bytes,
    /// Shared by all attempts.
    request_id: String,
    received: Instant,
}

impl AsyncEvent {
    /// An event that arrives now.
    pub(super) fn new(reference: Reference, payload: Bytes, request_id: String) -> Self {
        Self { reference, payload, request_id, received: Instant::now() }
    }
}

/// The progress of an event.
#[derive(Debug, Default)]
struct Progress {
    /// Number of function runs.
    attempts: u32,
    /// Number of failed starts since.
    refusals: u32,
    last: Option<Outcome>,
}

/// The next action.
enum Step {
    Invoke,
    Conclude(Condition),
}

/// Queues an event and returns at once.
pub(super) fn enqueue(cloud: &Cloud, event: AsyncEvent) {
    if let Some(function) = find(cloud, &event) {
        metrics::count(cloud, &function, "AsyncEventsReceived");
    }
    let cloud = cloud.clone();
    tokio::spawn(async move { process(&cloud, &event).await });
}

async fn process(cloud: &Cloud, event: &AsyncEvent) {
    let mut progress = Progress::default();
    // Deleting a function drops its events.
    while let Some(function) = find(cloud, event) {
        let config = function.event_invoke.get(event.reference.qualifier()).cloned().unwrap_or_default();
        match next_step(cloud, event, &function, &config, &progress) {
            Step::Conclude(condition) => {
                delivery::conclude(cloud, event, &function, &config, condition, &progress).await;
                return;
            }
            Step::Invoke => {
                attempt(cloud, event, &mut progress).await;
                if let Some(delay) = delay(&progress, &config) {
                    let age_left = age_limit(cloud, &config).saturating_sub(event.received.elapsed());
                    tokio::time::sleep(cloud.clock.scaled(delay).min(age_left)).await;
                }
            }
        }
    }
}

fn find(cloud: &Cloud, event: &AsyncEvent) -> Option<Function> {
    store::functions(cloud).get(&store::key(&event.reference)).cloned()
}

fn next_step(
    cloud: &Cloud,
    event: &AsyncEvent,
    function: &Function,
    config: &EventInvokeConfig,
    progress: &Progress,
) -> Step {
    match &progress.last {
        Some(outcome) if !outcome.is_error => return Step::Conclude(Condition::Success),
        Some(_) if progress.attempts > retries(config) => return Step::Conclude(Condition::RetriesExhausted),
        _ => {}
    }
    if function.reserved_concurrency == Some(0) {
        return Step::Conclude(Condition::ZeroReservedConcurrency);
    }
    if event.received.elapsed() >= age_limit(cloud, config) {
        return Step::Conclude(Condition::EventAgeExceeded);
    }
    Step::Invoke
}

async fn attempt(cloud: &Cloud, event: &AsyncEvent, progress: &mut Progress) {
    // The semaphore is never closed.
    let _turn = cloud.lambda.queue.readers.acquire().await;
    match execution::run(cloud, &event.reference, &event.request_id, event.payload.clone()).await {
        Ok(outcome) => {
            progress.attempts += 1;
            progress.refusals = 0;
            progress.last = Some(outcome);
        }
        Err(refusal) => {
            tracing::debug!(?refusal, function = event.reference.name, "an asynchronous invocation has to wait");
            progress.refusals += 1;
        }
    }
}

/// Delay before the next step; `None` when there is none.
fn delay(progress: &Progress, config: &EventInvokeConfig) -> Option<Duration> {
    if progress.refusals > 0 {
        let doublings = (progress.refusals - 1).min(9);
        return Some((BACKOFF * 2_u32.pow(doublings)).min(MAXIMUM_BACKOFF));
    }
    let failed = progress.last.as_ref().is_some_and(|outcome| outcome.is_error);
    if !failed || progress.attempts > retries(config) {
        return None;
    }
    let index = usize::try_from(progress.attempts.saturating_sub(1)).unwrap_or(0).min(RETRY_DELAYS.len() - 1);
    Some(RETRY_DELAYS[index])
}

fn retries(config: &EventInvokeConfig) -> u32 {
    config.maximum_retry_attempts.unwrap_or(MAXIMUM_RETRIES)
}

/// The maximum event age, on the scaled clock.
fn age_limit(cloud: &Cloud, config: &EventInvokeConfig) -> Duration {
    cloud.clock.scaled(Duration::from_secs(config.maximum_event_age.unwrap_or(MAXIMUM_AGE).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_back_off_and_errors_wait_one_then_two_minutes() {
        let config = EventInvokeConfig::default();
        let refused = |refusals| delay(&Progress { refusals, ..Progress::default() }, &config);
        assert_eq!(
            [1, 2, 3, 9, 10, 40].map(refused).map(|delay| delay.map(|delay| delay.as_secs())),
            [Some(1), Some(2), Some(4), Some(256), Some(300), Some(300)]
        );
        let failed = |attempts| {
            let last = Some(Outcome::failed_for_test());
            delay(&Progress { attempts, last, ..Progress::default() }, &config).map(|delay| delay.as_secs())
        };
        assert_eq!([1, 2, 3].map(failed), [Some(60), Some(120), None]);
    }
}
