//! One queue and its messages.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::{ApiError, Cloud, Principal};

use super::message::{Draft, Message};

/// A standard queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) arn: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: jiff::Timestamp,
    pub(super) modified: jiff::Timestamp,
    pub(super) purged: Option<Instant>,
    pub(super) messages: Vec<Message>,
}

/// Approximate message counts by visibility.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
    pub(super) oldest_seconds: f64,
}

impl Queue {
    pub(super) fn new(arn: String, attributes: BTreeMap<String, String>, tags: BTreeMap<String, String>) -> Self {
        let now = jiff::Timestamp::now();
        Self { arn, attributes, tags, created: now, modified: now, purged: None, messages: Vec::new() }
    }

    /// A numeric attribute, zero when not set.
    pub(super) fn number(&self, attribute: &str) -> u64 {
        self.attributes.get(attribute).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Enqueues a message; returns its id and the digests of body and attributes.
    pub(super) fn send(
        &mut self,
        cloud: &Cloud,
        draft: Draft,
        principal: &Principal,
    ) -> Result<(String, String, Option<String>), ApiError> {
        let limit = self.number("MaximumMessageSize") as usize;
        if draft.size() > limit {
            return Err(super::invalid_parameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
            )));
        }
        let now = Instant::now();
        let seconds = |seconds: u64| cloud.clock.scaled(Duration::from_secs(seconds));
        let id = uuid::Uuid::new_v4().to_string();
        let digests = (super::message::body_digest(&draft.body), super::message::attributes_digest(&draft.attributes));
        self.messages.push(Message {
            id: id.clone(),
            body: draft.body,
            attributes: draft.attributes,
            sender: sender(principal),
            sent: jiff::Timestamp::now(),
            expires: now + seconds(self.number("MessageRetentionPeriod")),
            visible: now + seconds(draft.delay.unwrap_or_else(|| self.number("DelaySeconds"))),
            first_received: None,
            receive_count: 0,
            receipt: None,
            dead_letter_source: None,
        });
        Ok((id, digests.0, digests.1))
    }

    /// Receives up to `limit` visible messages, and separates those over `maxReceiveCount`, bound for the dead-letter
    /// queue.
    pub(super) fn receive(
        &mut self,
        limit: usize,
        visibility: Duration,
        max_receives: Option<u32>,
    ) -> (Vec<Message>, Vec<Message>) {
        let now = Instant::now();
        self.messages.retain(|message| message.expires > now);
        let (exhausted, kept) = std::mem::take(&mut self.messages).into_iter().partition(|message| {
            message.visible <= now && max_receives.is_some_and(|most| message.receive_count >= most)
        });
        self.messages = kept;
        let received = self
            .messages
            .iter_mut()
            .filter(|message| message.visible <= now)
            .take(limit)
            .map(|message| {
                message.receive_count += 1;
                message.visible = now + visibility;
                message.first_received.get_or_insert_with(jiff::Timestamp::now);
                message.receipt = Some(uuid::Uuid::new_v4().to_string());
                message.clone()
            })
            .collect();
        (received, exhausted)
    }

    /// Accepts messages from a source queue's redrive.
    pub(super) fn take_over(&mut self, source: &str, messages: Vec<Message>) {
        self.messages.extend(messages.into_iter().map(|message| Message {
            visible: Instant::now(),
            receipt: None,
            dead_letter_source: Some(source.to_owned()),
            ..message
        }));
    }

    /// The message with this receipt handle, if it is still the latest.
    pub(super) fn by_receipt(&mut self, receipt: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.receipt.as_deref() == Some(receipt))
    }

    pub(super) fn counts(&mut self) -> Counts {
        let now = Instant::now();
        self.messages.retain(|message| message.expires > now);
        let mut counts = Counts::default();
        for message in &self.messages {
            match (message.visible <= now, message.receive_count) {
                (true, _) => counts.visible += 1,
                (false, 0) => counts.delayed += 1,
                (false, _) => counts.in_flight += 1,
            }
            let age = jiff::Timestamp::now().duration_since(message.sent).as_secs_f64();
            counts.oldest_seconds = counts.oldest_seconds.max(age);
        }
        counts
    }
}

/// `SenderId`: account, role session or service.
fn sender(principal: &Principal) -> String {
    match principal {
        Principal::Root => crate::config::ACCOUNT.to_owned(),
        Principal::Role { session_arn, .. } => session_arn.clone(),
        Principal::Service(service) => service.clone(),
        Principal::Anonymous => "anonymous".to_owned(),
    }
}
