//! One run through CloudFormation, from confirmation to verification.

mod change;
mod ready;
mod remove;
mod stages;

use async_trait::async_trait;

use super::{Bucket, EventLog, Operation, StackRecord, StackState};
use crate::aws::AwsError;
use crate::engine::{Changed, DeployEngine, Deployment, EngineError, Interrupt, Job, Outcome, Removal, Survey, Wish};
use crate::plan::Plan;

/// Deploys as one CloudFormation stack.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct ThroughCloudFormation;

#[async_trait]
impl DeployEngine for ThroughCloudFormation {
    async fn plan(&self, job: &Job<'_>, survey: Survey) -> Result<Plan, EngineError> {
        Run::of(job).plan(survey).await
    }

    async fn change(&self, job: &Job<'_>, survey: Survey, _rollback: bool) -> Result<Changed, EngineError> {
        let (plan, outcome) = Run::of(job).change(survey).await?;
        Ok(Changed { plan, outcome })
    }

    async fn retire(&self, job: &Job<'_>, plan: &Plan) -> Result<(), EngineError> {
        Run::of(job).retire(plan).await
    }

    async fn remove(&self, job: &Job<'_>, removal: Removal) -> Result<Changed, EngineError> {
        let outcome = Run::of(job).remove(&removal).await?;
        Ok(Changed { plan: removal.plan, outcome })
    }
}

/// One run.
struct Run<'a> {
    job: &'a Job<'a>,
    deployment: &'a Deployment,
}

/// How an operation ended.
struct Ending {
    status: String,
    outcome: Outcome,
    cancelled: bool,
}

impl Ending {
    /// The error for an operation that missed its aim.
    fn failure(self) -> EngineError {
        EngineError::Ended { status: self.status, outcome: Box::new(self.outcome), cancelled: self.cancelled }
    }
}

impl<'a> Run<'a> {
    fn of(job: &'a Job<'a>) -> Self {
        Self { job, deployment: job.deployment }
    }

    /// Reports progress until CloudFormation is done. An interrupt asks the user how to proceed; without a user to ask,
    /// and at a second interrupt, CloudFormation continues alone.
    async fn follow(&self, operation: &mut Operation<'_>, mut log: EventLog<'_>) -> Result<Ending, EngineError> {
        let mut interrupt = self.job.interrupt.clone();
        let mut cancelled = false;
        loop {
            if let super::End::Settled(status) = operation.follow(&mut log, &self.job.events, &interrupt).await? {
                return Ok(Ending { status, outcome: log.into_outcome(), cancelled });
            }
            interrupt = interrupt.answered();
            cancelled |= self.interrupted(operation, &interrupt).await?;
        }
    }

    /// Asks how to proceed, and does so; returns whether the operation is being cancelled.
    async fn interrupted(&self, operation: &mut Operation<'_>, interrupt: &Interrupt) -> Result<bool, EngineError> {
        let wish = tokio::select! {
            wish = self.job.confirm.interrupted(operation.aim()) => wish,
            () = interrupt.wait() => Wish::Detach,
        };
        match wish {
            Wish::Wait => Ok(false),
            Wish::Cancel => {
                operation.cancel().await?;
                Ok(true)
            }
            Wish::Detach => Err(EngineError::Detached(operation.arn().to_owned())),
        }
    }

    /// Deletes the stack's zips.
    async fn clear(&self) -> Result<(), EngineError> {
        Ok(self.bucket().clear().await?)
    }

    fn bucket(&self) -> Bucket<'_> {
        Bucket::of(&self.deployment.clients, &self.deployment.stack.place)
    }

    /// Rejects a stack of this name that is not ours.
    async fn refuse_foreign(&self, record: &StackRecord) -> Result<(), EngineError> {
        let foreign = match record.state() {
            StackState::Deleted => false,
            // AWS may hide the tags until a change set is executed.
            StackState::Shell => !record.ours && record.is_reviewed_by_others(&self.deployment.clients).await?,
            _ => !record.ours,
        };
        match foreign {
            false => Ok(()),
            true => Err(EngineError::ForeignStack(record.arn.clone())),
        }
    }

    /// The current record of a stack; `None` once it is deleted.
    async fn read(&self, arn: &str) -> Result<Option<StackRecord>, AwsError> {
        let record = StackRecord::read(&self.deployment.clients, arn).await?;
        Ok(record.filter(|record| record.state() != StackState::Deleted))
    }
}
