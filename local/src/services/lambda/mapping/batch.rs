//! Processes one batch: invokes the function and deletes what it has done with.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::event::{Received, payload};
use super::response::{self, Verdict};
use super::run::Slot;
use super::scaling::Scaling;
use super::{Mapping, call};
use crate::Cloud;
use crate::services::lambda::execution::{self, Outcome, Refusal};

/// The pause before a batch is tried again while Lambda is throttled; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Messages for one invocation.
pub(super) struct Batch {
    pub(super) messages: Vec<Received>,
    /// Held until the batch is done with.
    pub(super) slot: Slot,
}

/// Invokes the function once. While Lambda is throttled it tries again until the messages are visible in the queue again
/// ("Backoff strategy for failed invocations" in the Lambda developer guide). What failed stays in the queue and appears
/// again by itself.
pub(super) async fn process(cloud: Cloud, mapping: Mapping, batch: Batch) {
    let Batch { messages, slot } = batch;
    let payload = payload(&messages);
    let visible_again = messages.iter().map(|message| message.visible_again).min().unwrap_or_else(Instant::now);
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = cloud.work.begin();
        let request_id = uuid::Uuid::new_v4().to_string();
        match execution::run(&cloud, &mapping.function, &request_id, payload.clone()).await {
            Ok(outcome) => {
                conclude(&cloud, &mapping, &messages, &outcome).await;
                break;
            }
            Err(refusal) => {
                drop(begun);
                tracing::debug!(?refusal, function = mapping.function.name, "a batch was not invoked");
                mapping.run.scale(Scaling::failed);
                let again = Instant::now() + cloud.clock.scaled(pause);
                if !is_transient(&refusal) || again >= visible_again {
                    break;
                }
                tokio::time::sleep_until(again.into()).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    drop(slot);
}

fn is_transient(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Throttled(_) => true,
        Refusal::Api(error) => error.status == 409 || error.status >= 500,
    }
}

/// Deletes the messages that succeeded.
async fn conclude(cloud: &Cloud, mapping: &Mapping, messages: &[Received], outcome: &Outcome) {
    let reports_failures = mapping.settings.reports_failures;
    if outcome.is_error {
        // "Lambda doesn't scale down message polling" for a function that reports failures.
        if !reports_failures {
            mapping.run.scale(Scaling::failed);
        }
        return;
    }
    mapping.run.scale(Scaling::succeeded);
    let ids: BTreeSet<String> = messages.iter().map(|message| message.id.clone()).collect();
    let verdict = match reports_failures {
        true => response::read(&outcome.payload, &ids),
        false => Verdict::Except(BTreeSet::new()),
    };
    match verdict {
        Verdict::Except(failed) => {
            let done: Vec<&Received> = messages.iter().filter(|message| !failed.contains(&message.id)).collect();
            call::delete(cloud, mapping, &done).await;
        }
        Verdict::AllFailed(reason) => {
            tracing::warn!(reason, function = mapping.function.name, "the answer to a batch fails all of it");
        }
    }
}
