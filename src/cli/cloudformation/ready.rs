//! Bringing a stack into a state in which it can be created or updated.

use super::{Ending, ask, failure, follow, read, refuse_foreign};
use crate::cli::CommandError;
use crate::cli::deployment::Deployment;
use crate::engine::Interrupt;
use crate::engine::cloudformation::{Operation, StackRecord, Standing, Story};
use crate::plan::Plan;
use crate::settings::Settings;
use crate::ui::Ui;

/// Waits for what goes on, deletes what a failed creation left, and repairs what a failed update left. Says whether
/// anything was done, and what CloudFormation knows of the stack then.
pub(super) async fn ready(
    deployment: &Deployment,
    mut record: Option<StackRecord>,
    interrupt: &Interrupt,
    settings: &Settings,
    ui: &Ui,
) -> Result<(Option<StackRecord>, bool), CommandError> {
    let mut touched = false;
    while let Some(current) = record.take_if(|current| !is_ready(current)) {
        refuse_foreign(&current)?;
        let repaired = bring_on(deployment, &current, interrupt, settings, ui).await?;
        touched = true;
        record = read(&deployment.clients, &current.arn).await?;
        // The same again would end the same.
        if record.as_ref().is_some_and(|record| record.status == current.status) {
            return Err(failure(&repaired));
        }
    }
    if let Some(record) = &record {
        refuse_foreign(record)?;
    }
    Ok((record, touched))
}

fn is_ready(record: &StackRecord) -> bool {
    matches!(record.standing(), Standing::Usable | Standing::Shell | Standing::Deleted)
}

/// One step towards a stack that can be worked on.
async fn bring_on(
    deployment: &Deployment,
    record: &StackRecord,
    interrupt: &Interrupt,
    settings: &Settings,
    ui: &Ui,
) -> Result<Ending, CommandError> {
    let clients = &deployment.clients;
    let reason = record.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let status = format!("the stack is in the state {}{reason}", record.status);
    let mut operation = match record.standing() {
        Standing::Busy => {
            ui.say(&format!("{status}; following it first"));
            Operation::of_somebody(clients, record).await?
        }
        Standing::Dead => {
            agree(&format!("{status}. It can only be deleted and made anew. Delete it?"), interrupt, settings, ui)
                .await?;
            Operation::delete(clients, record).await?
        }
        Standing::HalfDeleted => {
            return Err(CommandError::user(status).hint("`incidentctl down` deletes the rest; then run `up` again"));
        }
        _ => {
            agree(&format!("{status}. Roll back what failed?"), interrupt, settings, ui).await?;
            Operation::repair(clients, record).await?
        }
    };
    let nothing_planned = Plan { changes: Vec::new(), leftovers: Vec::new() };
    follow(&mut operation, Story::of(&nothing_planned, &[]), interrupt, ui).await
}

async fn agree(question: &str, interrupt: &Interrupt, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let (question, yes) = (question.to_owned(), settings.yes);
    if yes {
        ui.say(question.trim_end_matches('?'));
    }
    ask(ui, interrupt, move |ui| ui.consent(&question, yes)).await
}
