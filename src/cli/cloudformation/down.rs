//! `down` through CloudFormation.

use super::{ask, failure, follow, read, refuse_foreign};
use crate::cli::CommandError;
use crate::cli::deployment::Deployment;
use crate::engine::cloudformation::{Bucket, Operation, StackRecord, Standing, Story};
use crate::engine::{Interrupt, Outcome};
use crate::plan::Plan;
use crate::resources::Scope;
use crate::settings::Settings;
use crate::ui::Ui;

/// Deletes the stack and the zips that it was made from.
pub(in crate::cli) async fn remove(
    deployment: &Deployment,
    plan: &Plan,
    record: StackRecord,
    interrupt: &Interrupt,
    settings: &Settings,
    ui: &Ui,
) -> Result<Outcome, CommandError> {
    refuse_foreign(&record)?;
    refuse_protected(&record)?;
    let Some(record) = settled(deployment, record, interrupt, ui).await? else { return Ok(Outcome::default()) };
    let yes = settings.yes;
    let question = "Delete the stack and all that it holds, recorded incidents included?";
    ask(ui, interrupt, move |ui| ui.consent(question, yes)).await?;
    // Before the stack, which is what says that there is something to delete. Its deletion does not need the code.
    clear(deployment).await?;
    let mut operation = Operation::delete(&deployment.clients, &record).await?;
    let ending = follow(&mut operation, Story::of(plan, &[]), interrupt, ui).await?;
    if ending.status != "DELETE_COMPLETE" {
        return Err(failure(&ending));
    }
    let mut outcome = ending.outcome;
    // What was repaired behind CloudFormation's back it may not have found.
    let rest = Plan::down(&deployment.stack, &deployment.observe(Scope::Everything).await?);
    if !rest.is_empty() {
        outcome.finished.extend(deployment.apply(&rest, interrupt.clone(), ui).await?.finished);
    }
    Ok(outcome)
}

/// Deletes the zips that the stack was made from.
pub(in crate::cli) async fn clear(deployment: &Deployment) -> Result<(), CommandError> {
    Ok(Bucket::of(&deployment.clients, &deployment.stack.place).clear().await?)
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

/// The stack when CloudFormation is done with what it does at the moment.
async fn settled(
    deployment: &Deployment,
    record: StackRecord,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<Option<StackRecord>, CommandError> {
    if record.standing() != Standing::Busy {
        return Ok(Some(record));
    }
    ui.say(&format!("the stack is in the state {}; following it first", record.status));
    let mut operation = Operation::of_somebody(&deployment.clients, &record).await?;
    let nothing_planned = Plan { changes: Vec::new(), leftovers: Vec::new() };
    follow(&mut operation, Story::of(&nothing_planned, &[]), interrupt, ui).await?;
    Ok(read(&deployment.clients, &record.arn).await?)
}
