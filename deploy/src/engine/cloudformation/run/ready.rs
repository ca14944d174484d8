//! Prepares a stack for creation or update.

use super::{Ending, Run};
use crate::engine::EngineError;
use crate::engine::cloudformation::{EventLog, Operation, StackRecord, StackState};
use crate::plan::Plan;

impl Run<'_> {
    /// Waits for an operation in progress, deletes the remains of a failed creation, and repairs a failed update.
    /// Returns the stack's record afterwards, and whether anything was done.
    pub(super) async fn ready(
        &self,
        mut record: Option<StackRecord>,
    ) -> Result<(Option<StackRecord>, bool), EngineError> {
        let mut touched = false;
        while let Some(current) = record.take_if(|current| !is_ready(current)) {
            self.refuse_foreign(&current).await?;
            let ending = self.advance(&current).await?;
            touched = true;
            record = self.read(&current.arn).await?;
            // A repetition would have the same result.
            if record.as_ref().is_some_and(|record| record.status == current.status) {
                return Err(ending.failure());
            }
        }
        if let Some(record) = &record {
            self.refuse_foreign(record).await?;
        }
        Ok((record, touched))
    }

    /// One step towards a usable stack.
    async fn advance(&self, record: &StackRecord) -> Result<Ending, EngineError> {
        let clients = &self.deployment.clients;
        let reason = record.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let status = format!("the stack is in the state {}{reason}", record.status);
        let mut operation = match record.state() {
            StackState::Busy => {
                self.job.note(format!("{status}; following it first"));
                Operation::in_progress(clients, record).await?
            }
            StackState::Dead => {
                self.agree(&format!("{status}. It can only be deleted and re-created. Delete it?")).await?;
                Operation::delete(clients, record).await?
            }
            StackState::HalfDeleted => return Err(EngineError::HalfDeleted(status)),
            _ => {
                self.agree(&format!("{status}. Roll back what failed?")).await?;
                Operation::repair(clients, record).await?
            }
        };
        self.follow(&mut operation, EventLog::of(&Plan::default(), &[])).await
    }

    /// The stack once its operation in progress has ended; `None` if that deleted it.
    pub(super) async fn settled(&self, record: StackRecord) -> Result<Option<StackRecord>, EngineError> {
        if record.state() != StackState::Busy {
            return Ok(Some(record));
        }
        self.advance(&record).await?;
        Ok(self.read(&record.arn).await?)
    }

    async fn agree(&self, question: &str) -> Result<(), EngineError> {
        if self.job.confirm.is_answered() {
            self.job.note(question.trim_end_matches('?'));
        }
        self.job.until(self.job.confirm.step(question)).await
    }
}

/// Whether a stack can be created or updated as it is.
pub(super) fn is_ready(record: &StackRecord) -> bool {
    matches!(record.state(), StackState::Usable | StackState::Shell | StackState::Deleted)
}
