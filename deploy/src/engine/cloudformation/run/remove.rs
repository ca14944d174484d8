//! Deletes the stack.

use super::Run;
use crate::engine::cloudformation::{Blueprint, ChangeSet, EventLog, Operation, StackRecord, StackState};
use crate::engine::direct::{left, nothing_to_delete, refuse_left};
use crate::engine::{EngineError, Outcome, Removal};
use crate::plan::Plan;
use crate::template::{compact, retaining};

impl Run<'_> {
    /// Deletes the stack except for what is kept, and its zips; then the resources that CloudFormation does not know,
    /// because they were re-created outside of it.
    pub(super) async fn remove(&self, removal: &Removal) -> Result<Outcome, EngineError> {
        let plan = &removal.plan;
        let Some(record) = &removal.record else {
            if plan.changes.is_empty() {
                self.job.note(nothing_to_delete(self.deployment));
                self.clear().await?;
            }
            return Ok(Outcome::default());
        };
        self.deployment.refuse_blocked(plan).await?;
        let mut outcome = self.remove_stack(plan, record.clone(), &removal.kept).await?;
        let plan = &plan.clone().agreed();
        let mut left_over = left(self.job, plan).await?;
        if !left_over.changes.is_empty() {
            let others = self.deployment.apply(&left_over, self.job.interrupt.clone(), &self.job.events).await;
            outcome.finished.extend(others.finished);
            left_over = left(self.job, plan).await?;
        }
        refuse_left(&left_over)?;
        Ok(outcome)
    }

    async fn remove_stack(&self, plan: &Plan, record: StackRecord, kept: &[String]) -> Result<Outcome, EngineError> {
        self.refuse_foreign(&record).await?;
        if record.protected {
            // Disabling the protection is the user's decision.
            return Err(EngineError::Protected(record.arn));
        }
        let Some(record) = self.settled(record).await? else { return Ok(Outcome::default()) };
        self.job.until(self.job.confirm.remove(plan)).await?;
        self.deployment.refuse_filled(plan).await?;
        if !kept.is_empty() {
            self.retain(&record, kept).await?;
        }
        // Before the stack, whose existence shows the next run what is left to delete. Its deletion needs no code.
        self.clear().await?;
        let mut operation = Operation::delete(&self.deployment.clients, &record).await?;
        let ending = self.follow(&mut operation, EventLog::of(plan, &[])).await?;
        match ending.status.as_str() {
            "DELETE_COMPLETE" => Ok(ending.outcome),
            _ => Err(ending.failure()),
        }
    }

    /// Sets a DeletionPolicy of Retain: DeleteStack itself can only retain resources whose deletion failed.
    async fn retain(&self, record: &StackRecord, kept: &[String]) -> Result<(), EngineError> {
        if record.state() != StackState::Usable {
            return Err(EngineError::NothingKept(record.status.clone()));
        }
        let clients = &self.deployment.clients;
        let blueprint = Blueprint {
            stack: self.deployment.stack.place.stack.clone(),
            template: compact(&retaining(&record.template(clients).await?, kept)?)?,
            parameters: record.parameters.clone(),
        };
        // None if an earlier run already did this.
        if let Some(set) = ChangeSet::make(clients, &blueprint, &self.bucket(), Some(record)).await? {
            let ending = self.follow(&mut set.execute().await?, EventLog::of(&Plan::default(), &set.planned)).await?;
            if ending.status != "UPDATE_COMPLETE" {
                return Err(ending.failure());
            }
        }
        // Verified, because data would be lost otherwise.
        match record.template(clients).await? == blueprint.template {
            true => Ok(()),
            false => Err(EngineError::NotRetained),
        }
    }
}
