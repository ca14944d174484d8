//! What `up` and `down` do with a stack that CloudFormation owns.

mod down;
mod interrupted;
mod ready;
mod up;

use super::CommandError;
use super::deployment::{self, Deployment};
use super::failure::root_cause;
use super::interruptible::ask;
use crate::aws::AwsError;
use crate::engine::cloudformation::{Bucket, End, Operation, StackRecord, Standing, Story};
use crate::engine::{Interrupt, Outcome};
use crate::settings::Settings;
use crate::template::OWNER_TAG;
use crate::ui::Ui;

/// One run of a command that works through CloudFormation.
pub(super) struct Run<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) settings: &'a Settings,
    pub(super) interrupt: &'a Interrupt,
    pub(super) ui: &'a Ui,
}

/// How an operation ended.
struct Ending {
    status: String,
    outcome: Outcome,
    cancelled: bool,
}

impl Ending {
    /// Why it did not reach its aim: the first cause, and what CloudFormation made of it.
    fn failure(&self) -> CommandError {
        let failure = match root_cause(&self.outcome) {
            _ if self.cancelled => CommandError::interrupted(),
            Some(failure) => failure,
            None => CommandError::failed(format!("CloudFormation ended with {}", self.status)),
        };
        failure.hint(match self.status.as_str() {
            "DELETE_COMPLETE" => "CloudFormation has deleted what it had made: nothing is left".to_owned(),
            "UPDATE_ROLLBACK_COMPLETE" => "CloudFormation has rolled back: the stack is as it was before".to_owned(),
            status => format!("the stack is left in the state {status}: run the command again to repair it"),
        })
    }
}

impl Run<'_> {
    /// Shows what happens until CloudFormation is done. An interrupt asks the person what shall become of it; where
    /// there is nobody to ask, and at a second one, CloudFormation goes on alone.
    async fn follow(&self, operation: &mut Operation<'_>, mut story: Story<'_>) -> Result<Ending, CommandError> {
        let mut interrupt = self.interrupt.clone();
        let mut cancelled = false;
        loop {
            let work = async |events| operation.follow(&mut story, &events, &interrupt).await;
            if let End::Settled(status) = deployment::shown(self.ui, work).await? {
                return Ok(Ending { status, outcome: story.into_outcome(), cancelled });
            }
            interrupt = interrupt.answered();
            cancelled |= interrupted::answer(operation, &interrupt, self.ui).await?;
        }
    }

    /// Asks something in a way that an interrupt ends.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Ui) -> Result<T, CommandError> + Send + 'static,
    ) -> Result<T, CommandError> {
        ask(self.ui, self.interrupt, question).await
    }

    /// Deletes the zips that the stack was made from.
    pub(super) async fn clear(&self) -> Result<(), CommandError> {
        Ok(self.bucket().clear().await?)
    }

    fn bucket(&self) -> Bucket<'_> {
        Bucket::of(&self.deployment.clients, &self.deployment.stack.place)
    }

    /// Refuses a stack that somebody else has under this name.
    async fn refuse_foreign(&self, record: &StackRecord) -> Result<(), CommandError> {
        let foreign = match record.standing() {
            Standing::Deleted => false,
            // AWS may not show the tags before a change set is executed.
            Standing::Shell => !record.ours && record.is_reviewed_by_others(&self.deployment.clients).await?,
            _ => !record.ours,
        };
        match foreign {
            false => Ok(()),
            true => Err(CommandError::user(format!(
                "a CloudFormation stack of this name exists and is not ours: {} lacks the tag {OWNER_TAG}",
                record.arn
            ))
            .hint("choose another --stack name")),
        }
    }

    /// The record of a stack at this moment; `None` when it is deleted.
    async fn read(&self, arn: &str) -> Result<Option<StackRecord>, AwsError> {
        let record = StackRecord::read(&self.deployment.clients, arn).await?;
        Ok(record.filter(|record| record.standing() != Standing::Deleted))
    }
}
