//! Ctrl-C while CloudFormation works: it goes on by itself, so the person decides what shall become of it.

use crate::cli::CommandError;
use crate::cli::command_error::Kind;
use crate::cli::interruptible::ask;
use crate::engine::Interrupt;
use crate::engine::cloudformation::{Aim, Operation};
use crate::ui::Ui;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Detach,
    Cancel,
    Wait,
}

/// Asks, and does it; says whether the operation is being cancelled.
pub(super) async fn answer(
    operation: &mut Operation<'_>,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<bool, CommandError> {
    match wish(operation.aim(), interrupt, ui).await? {
        Wish::Wait => Ok(false),
        Wish::Cancel => {
            operation.cancel().await?;
            Ok(true)
        }
        Wish::Detach => Err(CommandError::interrupted()
            .hint(format!("CloudFormation goes on by itself with {}", operation.arn()))
            .hint("the same command follows it again")),
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
    match ask(ui, interrupt, move |ui| ui.question(&question)).await {
        Ok(answer) => Ok(read(&answer, aim)),
        Err(error) if error.kind() == Kind::Interrupted => Ok(Wish::Detach),
        Err(error) => Err(error),
    }
}

/// Anything that is no clear answer changes nothing.
fn read(answer: &str, aim: Aim) -> Wish {
    match answer.trim().to_ascii_lowercase().as_str() {
        "c" | "cancel" if aim != Aim::Delete => Wish::Cancel,
        "d" | "detach" => Wish::Detach,
        _ => Wish::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_changes_something() {
        for (answer, aim, expected) in [
            ("c\n", Aim::Create, Wish::Cancel),
            ("Cancel\n", Aim::Update, Wish::Cancel),
            ("c\n", Aim::Delete, Wish::Wait),
            (" d \n", Aim::Delete, Wish::Detach),
            ("\n", Aim::Create, Wish::Wait),
            ("yes\n", Aim::Create, Wish::Wait),
        ] {
            assert_eq!(read(answer, aim), expected, "{answer:?} {aim:?}");
        }
    }
}
