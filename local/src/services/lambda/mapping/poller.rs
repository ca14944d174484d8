//! Polls a queue for a mapping. AWS keeps long polls open on an idle queue; here one task waits for the next message without
//! a timer, and receives as many batches as may be processed at once.

use std::time::Duration;

use super::batch::{self, Batch};
use super::event::{Received, fitting};
use super::scaling::Scaling;
use super::{Mapping, call};
use crate::services::sqs;
use crate::{ApiError, Cloud};

/// The pause after a receive that failed; it doubles up to AWS's long poll.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

struct Poller {
    cloud: Cloud,
    mapping: Mapping,
    version: u64,
}

/// Polls until another poller takes over or the mapping ends. Batches in flight are processed to their end.
pub(super) async fn poll(cloud: Cloud, mapping: Mapping, version: u64) {
    let poller = Poller { cloud, mapping, version };
    let settled = tokio::time::sleep_until(poller.mapping.lifecycle.settles_at().into());
    if poller.unless_superseded(settled).await.is_some() {
        poller.run().await;
    }
}

impl Poller {
    async fn run(&self) {
        let mut pause = FIRST_PAUSE;
        let mut held = Vec::new();
        while self.mapping.run.is_current(self.version) {
            match self.next_batch(&mut held).await {
                Ok(()) => pause = FIRST_PAUSE,
                Err(error) => {
                    tracing::debug!(%error, queue = self.mapping.source, "cannot receive messages");
                    self.unless_superseded(self.cloud.clock.sleep(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// What comes of some work, unless another poller takes over before.
    async fn unless_superseded<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.mapping.run.superseded(self.version) => None,
            done = work => Some(done),
        }
    }

    /// Receives one batch and has it processed. `held` has the messages that did not fit into the payload before.
    async fn next_batch(&self, held: &mut Vec<Received>) -> Result<(), ApiError> {
        let Self { cloud, mapping, .. } = self;
        if held.is_empty() {
            match self.unless_superseded(self.until_visible()).await {
                Some(visible) => visible?,
                None => return Ok(()),
            }
        }
        let Some(slot) = self.unless_superseded(mapping.run.slot(cloud.clock)).await else { return Ok(()) };
        self.gather(held).await?;
        if held.is_empty() {
            return Ok(());
        }
        let rest = held.split_off(fitting(held));
        let batch = Batch { messages: std::mem::replace(held, rest), slot };
        tokio::spawn(batch::process(cloud.clone(), mapping.clone(), batch));
        Ok(())
    }

    async fn until_visible(&self) -> Result<(), ApiError> {
        let visible = sqs::until_visible(&self.cloud, &self.mapping.source);
        tokio::pin!(visible);
        if let Ok(visible) = tokio::time::timeout(Duration::ZERO, &mut visible).await {
            return visible;
        }
        self.mapping.run.scale(Scaling::idle);
        visible.await
    }

    /// Receives until the batch or the payload is full or the batching window is over.
    async fn gather(&self, held: &mut Vec<Received>) -> Result<(), ApiError> {
        let Self { cloud, mapping, .. } = self;
        let size = mapping.settings.batch_size as usize;
        let window = cloud.clock.scaled(Duration::from_secs(mapping.settings.window.into()));
        let end = tokio::time::Instant::now() + window;
        while held.len() < size && fitting(held) == held.len() {
            match call::receive(cloud, mapping, size - held.len()).await {
                Ok(received) => held.extend(self.admitted(received).await),
                Err(error) if held.is_empty() => return Err(error),
                Err(_) => break,
            }
            if window.is_zero() {
                break;
            }
            let is_over = tokio::select! {
                biased;
                () = tokio::time::sleep_until(end) => true,
                () = mapping.run.superseded(self.version) => true,
                visible = sqs::until_visible(cloud, &mapping.source) => visible.is_err(),
            };
            if is_over {
                break;
            }
        }
        Ok(())
    }

    /// The messages that the filters let through; the others are deleted.
    async fn admitted(&self, received: Vec<Received>) -> Vec<Received> {
        let filters = &self.mapping.settings.filters;
        let (admitted, rejected): (Vec<_>, Vec<_>) =
            received.into_iter().partition(|message| filters.admit(&message.record));
        call::delete(&self.cloud, &self.mapping, &rejected.iter().collect::<Vec<_>>()).await;
        admitted
    }
}
