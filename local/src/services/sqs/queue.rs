//! One queue and its messages.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::{ApiError, Cloud, Principal};

use super::backlog::Backlog;
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
    pub(super) backlog: Backlog,
}

impl Queue {
    pub(super) fn new(arn: String, attributes: BTreeMap<String, String>, tags: BTreeMap<String, String>) -> Self {
        let now = jiff::Timestamp::now();
        Self { arn, attributes, tags, created: now, modified: now, purged: None, backlog: Backlog::default() }
    }

    pub(super) fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
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
        let sent = jiff::Timestamp::now();
        let id = uuid::Uuid::new_v4().to_string();
        let digests = (super::message::body_digest(&draft.body), super::message::attributes_digest(&draft.attributes));
        let message = Message {
            id: id.clone(),
            body: draft.body,
            attributes: draft.attributes,
            group: draft.group,
            sender: sender(principal),
            sent,
            entered: sent,
            expires: now + seconds(self.number("MessageRetentionPeriod")),
            visible: now + seconds(draft.delay.unwrap_or_else(|| self.number("DelaySeconds"))),
            first_received: None,
            receive_count: 0,
            receives_here: 0,
            receipt: None,
            dead_letter_source: None,
        };
        self.backlog.push(message, now);
        Ok((id, digests.0, digests.1))
    }

    /// Accepts messages from a source queue's redrive. Their age in this queue begins anew.
    pub(super) fn take_over(&mut self, source: &str, messages: Vec<Message>) {
        let now = Instant::now();
        for message in messages {
            let message = Message {
                visible: now,
                entered: jiff::Timestamp::now(),
                receives_here: 0,
                receipt: None,
                dead_letter_source: Some(source.to_owned()),
                ..message
            };
            self.backlog.push(message, now);
        }
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
