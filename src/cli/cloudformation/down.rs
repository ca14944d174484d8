//! `down` through CloudFormation.

use super::Run;
use crate::cli::CommandError;
use crate::engine::Outcome;
use crate::engine::cloudformation::{Blueprint, ChangeSet, Operation, StackRecord, Standing, Story};
use crate::plan::Plan;
use crate::template::retaining;

impl Run<'_> {
    /// Deletes the stack, but for what is to be kept, and the zips that it was made from.
    pub(in crate::cli) async fn remove(
        &self,
        plan: &Plan,
        record: StackRecord,
        kept: &[String],
        question: String,
    ) -> Result<Outcome, CommandError> {
        self.refuse_foreign(&record).await?;
        refuse_protected(&record)?;
        let Some(record) = self.settled(record).await? else { return Ok(Outcome::default()) };
        let yes = self.settings.yes;
        self.ask(move |ui| ui.consent(&question, yes)).await?;
        self.deployment.check_still_empty(plan).await?;
        if !kept.is_empty() {
            self.retain(&record, kept).await?;
        }
        // Before the stack, which is what says that there is something to delete. Its deletion does not need the code.
        self.clear().await?;
        let mut operation = Operation::delete(&self.deployment.clients, &record).await?;
        let ending = self.follow(&mut operation, Story::of(plan, &[])).await?;
        match ending.status.as_str() {
            "DELETE_COMPLETE" => Ok(ending.outcome),
            _ => Err(ending.failure()),
        }
    }

    /// Has the template say that resources outlive the stack: a deletion itself cannot leave anything out that could be
    /// deleted.
    async fn retain(&self, record: &StackRecord, kept: &[String]) -> Result<(), CommandError> {
        if record.standing() != Standing::Usable {
            return Err(CommandError::user(format!(
                "the stack is in the state {}: nothing of it can be kept",
                record.status
            ))
            .hint("run `incidentctl down` without --keep-data, or `incidentctl up` first"));
        }
        let clients = &self.deployment.clients;
        let blueprint = Blueprint {
            stack: self.deployment.stack.place.stack.clone(),
            template: retaining(&record.template(clients).await?, kept)?,
            parameters: record.parameters.clone(),
        };
        // None when an earlier run did the same.
        if let Some(set) = ChangeSet::make(clients, &blueprint, Some(record)).await? {
            let ending = self.follow(&mut set.execute().await?, Story::of(&Plan::default(), &set.foreseen)).await?;
            if ending.status != "UPDATE_COMPLETE" {
                return Err(ending.failure());
            }
        }
        // Data goes if this is believed and not so.
        match record.template(clients).await? == blueprint.template {
            true => Ok(()),
            false => Err(CommandError::failed("CloudFormation did not take note of what outlives the stack")
                .hint("nothing was deleted")),
        }
    }
}

/// What protects a stack is for a person to switch off.
fn refuse_protected(record: &StackRecord) -> Result<(), CommandError> {
    match record.protected {
        false => Ok(()),
        true => {
            Err(CommandError::user(format!("the stack {} is protected against deletion", record.arn)).hint(format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {}` \
             switches that off",
                record.arn
            )))
        }
    }
}
