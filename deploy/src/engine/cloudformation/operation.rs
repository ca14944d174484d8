//! A CloudFormation operation on a stack, followed through its events to the end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::event_log::{EventLog, Occurrence};
use super::{StackRecord, StackState};
use crate::aws::{AwsError, Clients, Explain};
use crate::engine::Interrupt;
use crate::progress::Event;

/// Pauses between polls while there are no new events.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long AWS may take to start deleting a stack whose creation failed.
const DELETION_START: Duration = Duration::from_secs(20);

/// The intended result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A new stack; on failure CloudFormation deletes it.
    Create,
    /// An updated stack; on failure CloudFormation rolls back.
    Update,
    /// No stack.
    Delete,
}

/// Why following an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// CloudFormation is done; the final status of the stack.
    Settled(String),
    /// The user interrupted; CloudFormation continues.
    Interrupted,
}

/// An operation that CloudFormation carries out.
#[derive(Debug)]
pub struct Operation<'a> {
    client: &'a aws_sdk_cloudformation::Client,
    arn: String,
    aim: Aim,
    /// The client request tokens of this operation and of its cancellation, which mark their events.
    tokens: Vec<Option<String>>,
    seen: BTreeSet<String>,
}

impl<'a> Operation<'a> {
    /// An operation started with this token.
    pub(super) fn begun(clients: &'a Clients, arn: &str, aim: Aim, token: Option<String>) -> Self {
        let client = &clients.cloudformation;
        Self { client, arn: arn.to_owned(), aim, tokens: vec![token], seen: BTreeSet::new() }
    }

    /// Deletes a stack by its ARN: the name may belong to a newer stack by now.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn delete(clients: &'a Clients, record: &StackRecord) -> Result<Self, AwsError> {
        let token = new_token();
        let call = clients.cloudformation.delete_stack().stack_name(&record.arn).client_request_token(&token);
        call.send().await.explain("cloudformation:DeleteStack")?;
        Ok(Self::begun(clients, &record.arn, Aim::Delete, Some(token)))
    }

    /// Returns a stack whose update or rollback failed to its last good state.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn repair(clients: &'a Clients, record: &StackRecord) -> Result<Self, AwsError> {
        let (client, token) = (&clients.cloudformation, new_token());
        if record.state() == StackState::Paused {
            let call = client.rollback_stack().stack_name(&record.arn).client_request_token(&token);
            call.send().await.explain("cloudformation:RollbackStack")?;
        } else {
            let call = client.continue_update_rollback().stack_name(&record.arn).client_request_token(&token);
            call.send().await.explain("cloudformation:ContinueUpdateRollback")?;
        }
        Ok(Self::begun(clients, &record.arn, Aim::Update, Some(token)))
    }

    /// The operation in progress on a stack, started by another caller.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn in_progress(clients: &'a Clients, record: &StackRecord) -> Result<Self, AwsError> {
        let call = clients.cloudformation.describe_stack_events().stack_name(&record.arn);
        let page = call.send().await.explain(DESCRIBE_EVENTS)?;
        let newest = page.stack_events().iter().find(|event| Occurrence::from(*event).is_of_stack());
        let token = newest.and_then(|event| event.client_request_token()).map(str::to_owned);
        let aim = match record.status.as_str() {
            status if status.starts_with("DELETE") => Aim::Delete,
            _ => Aim::Update,
        };
        Ok(Self::begun(clients, &record.arn, aim, token))
    }

    /// The ARN of the stack.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The intended result.
    pub fn aim(&self) -> Aim {
        self.aim
    }

    /// Cancels it: a creation is deleted, an update is rolled back. A deletion cannot be cancelled.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn cancel(&mut self) -> Result<(), AwsError> {
        let token = new_token();
        match self.aim {
            Aim::Create => {
                let call = self.client.delete_stack().stack_name(&self.arn).client_request_token(&token);
                call.send().await.explain("cloudformation:DeleteStack")?;
            }
            Aim::Update => {
                let call = self.client.cancel_update_stack().stack_name(&self.arn).client_request_token(&token);
                call.send().await.explain("cloudformation:CancelUpdateStack")?;
            }
            Aim::Delete => return Ok(()),
        }
        self.tokens.push(Some(token));
        Ok(())
    }

    /// Reports progress until CloudFormation is done or the user interrupts.
    ///
    /// # Errors
    /// A call that fails. CloudFormation continues.
    pub async fn follow(
        &mut self,
        log: &mut EventLog<'_>,
        events: &UnboundedSender<Event>,
        interrupt: &Interrupt,
    ) -> Result<End, AwsError> {
        let mut pause = SHORTEST_PAUSE;
        let mut last_news = Instant::now();
        loop {
            let Some(news) = self.news().await? else { return Ok(End::Settled("DELETE_COMPLETE".to_owned())) };
            if !news.is_empty() {
                (pause, last_news) = (SHORTEST_PAUSE, Instant::now());
            }
            for event in news.iter().filter_map(|occurrence| log.record(occurrence)) {
                // A closed display must not stop the work.
                let _ = events.send(event);
            }
            if let Some(status) = log.status().filter(|status| is_end(self.aim, status, last_news.elapsed())) {
                return Ok(End::Settled(status.to_owned()));
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 3 / 2).min(LONGEST_PAUSE),
                () = interrupt.wait() => return Ok(End::Interrupted),
            }
        }
    }

    /// The events of this operation that were not reported yet, oldest first; `None` when the stack no longer exists.
    async fn news(&mut self) -> Result<Option<Vec<Occurrence>>, AwsError> {
        let mut news = Vec::new();
        let mut next = None;
        // AWS lists the newest first, so the first known event ends the search.
        'pages: loop {
            let call = self.client.describe_stack_events().stack_name(&self.arn).set_next_token(next);
            let page = match call.send().await.explain(DESCRIBE_EVENTS) {
                Err(error) if self.aim == Aim::Delete && error.message.contains("does not exist") => return Ok(None),
                page => page?,
            };
            for event in page.stack_events() {
                if !self.seen.insert(event.event_id().unwrap_or_default().to_owned()) {
                    break 'pages;
                }
                if self.tokens.iter().any(|token| token.as_deref() == event.client_request_token()) {
                    news.push(Occurrence::from(event));
                }
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        news.reverse();
        Ok(Some(news))
    }
}

const DESCRIBE_EVENTS: &str = "cloudformation:DescribeStackEvents";

/// Whether a status ends an operation. After a failed creation AWS starts the deletion a moment later.
fn is_end(aim: Aim, status: &str, quiet: Duration) -> bool {
    match StackState::of(status) {
        StackState::Busy | StackState::Shell => false,
        StackState::Dead if aim == Aim::Create => quiet > DELETION_START,
        _ => true,
    }
}

/// Prefix of our change sets' names and our operations' tokens.
pub(super) const NAME_PREFIX: &str = "incidentctl-";

/// A token that separates the events of one operation from those of earlier ones.
pub(super) fn new_token() -> String {
    format!("{NAME_PREFIX}{}", Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_ends_when_no_event_can_follow() {
        let now = Duration::ZERO;
        for (aim, status, ends) in [
            (Aim::Create, "CREATE_IN_PROGRESS", false),
            (Aim::Create, "CREATE_COMPLETE", true),
            (Aim::Create, "CREATE_FAILED", false),
            (Aim::Create, "ROLLBACK_COMPLETE", false),
            (Aim::Create, "DELETE_IN_PROGRESS", false),
            (Aim::Create, "DELETE_COMPLETE", true),
            (Aim::Create, "DELETE_FAILED", true),
            (Aim::Update, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false),
            (Aim::Update, "UPDATE_ROLLBACK_IN_PROGRESS", false),
            (Aim::Update, "UPDATE_ROLLBACK_COMPLETE", true),
            (Aim::Update, "UPDATE_ROLLBACK_FAILED", true),
            (Aim::Update, "ROLLBACK_COMPLETE", true),
            (Aim::Delete, "DELETE_FAILED", true),
        ] {
            assert_eq!(is_end(aim, status, now), ends, "{aim:?} {status}");
        }
        assert!(is_end(Aim::Create, "ROLLBACK_COMPLETE", DELETION_START * 2));
    }
}
