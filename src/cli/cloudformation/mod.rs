//! What `up` and `down` do with a stack that CloudFormation owns.

mod down;
mod ready;
mod up;

use super::CommandError;
use super::deployment;
use crate::aws::{AwsError, Clients};
use crate::engine::cloudformation::{Aim, End, Operation, StackRecord, Standing, Story};
use crate::engine::{Interrupt, Outcome};
use crate::ui::Ui;

pub(super) use down::{clear, remove};
pub(super) use up::change;

/// What the person wants after an interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Detach,
    Cancel,
    Wait,
}

/// How an operation ended.
struct Ending {
    status: String,
    outcome: Outcome,
    cancelled: bool,
}

/// Shows what happens until CloudFormation is done. An interrupt asks the person what shall become of it; where there is
/// nobody to ask, and at a second one, CloudFormation goes on alone.
async fn follow(
    operation: &mut Operation<'_>,
    mut story: Story<'_>,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<Ending, CommandError> {
    let mut interrupt = interrupt.clone();
    let mut cancelled = false;
    loop {
        let work = async |events| operation.follow(&mut story, &events, &interrupt).await;
        match deployment::shown(ui, work).await?? {
            End::Settled(status) => return Ok(Ending { status, outcome: story.into_outcome(), cancelled }),
            End::Interrupted => {}
        }
        interrupt = interrupt.answered();
        match wish(operation.aim(), &interrupt, ui).await? {
            Wish::Wait => {}
            Wish::Detach => return Err(detached(operation)),
            Wish::Cancel => {
                operation.cancel().await?;
                cancelled = true;
            }
        }
    }
}

async fn wish(aim: Aim, interrupt: &Interrupt, ui: &Ui) -> Result<Wish, CommandError> {
    if !ui.can_ask() {
        return Ok(Wish::Detach);
    }
    let cancel = match aim {
        Aim::Create => ", [c]ancel and delete what it made",
        Aim::Update => ", [c]ancel and roll back",
        // What is being deleted cannot be kept.
        Aim::Delete => "",
    };
    let question = format!("CloudFormation goes on by itself. [d]etach{cancel}, or [w]ait?");
    let answer = ask(ui, interrupt, move |ui| ui.question(&question)).await;
    match answer {
        Ok(answer) => Ok(match answer.trim().to_ascii_lowercase().as_str() {
            "c" | "cancel" if aim != Aim::Delete => Wish::Cancel,
            "d" | "detach" => Wish::Detach,
            _ => Wish::Wait,
        }),
        Err(error) if error.kind() == super::command_error::Kind::Interrupted => Ok(Wish::Detach),
        Err(error) => Err(error),
    }
}

/// Asks something in a way that an interrupt ends.
async fn ask<T: Send + 'static>(
    ui: &Ui,
    interrupt: &Interrupt,
    question: impl FnOnce(&Ui) -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let ui = ui.clone();
    tokio::select! {
        answer = tokio::task::spawn_blocking(move || question(&ui)) => {
            answer.unwrap_or_else(|_| Err(CommandError::interrupted()))
        }
        () = interrupt.wait() => Err(CommandError::interrupted()),
    }
}

fn detached(operation: &Operation<'_>) -> CommandError {
    CommandError::interrupted()
        .hint(format!("CloudFormation goes on by itself with {}", operation.arn()))
        .hint("the same command follows it again")
}

/// Why an operation did not reach its aim: the first cause, and what CloudFormation made of it.
fn failure(ending: &Ending) -> CommandError {
    let failure = match crate::cli::failure::root_cause(&ending.outcome) {
        _ if ending.cancelled => CommandError::interrupted(),
        Some(failure) => failure,
        None => CommandError::failed(format!("CloudFormation ended with {}", ending.status)),
    };
    failure.hint(match ending.status.as_str() {
        "DELETE_COMPLETE" => "CloudFormation has deleted what it had made: nothing is left".to_owned(),
        "UPDATE_ROLLBACK_COMPLETE" => "CloudFormation has rolled back: the stack is as it was before".to_owned(),
        status => format!("the stack is left in the state {status}: run the command again to repair it"),
    })
}

/// Refuses a stack that somebody else has under this name.
fn refuse_foreign(record: &StackRecord) -> Result<(), CommandError> {
    match record.ours || record.standing() == Standing::Deleted {
        true => Ok(()),
        false => Err(CommandError::user(format!(
            "a CloudFormation stack of this name exists and is not ours: {} lacks the tag incidentctl:stack",
            record.arn
        ))
        .hint("choose another --stack name")),
    }
}

/// The record of a stack at this moment.
async fn read(clients: &Clients, arn: &str) -> Result<Option<StackRecord>, AwsError> {
    let record = StackRecord::read(clients, arn).await?;
    Ok(record.filter(|record| record.standing() != Standing::Deleted))
}
