//! A test on a generator that is changed for it, and put back whatever comes of the test.

use std::time::Duration;

use crate::cli::interruptible::until;
use crate::drill::{Alteration, FailureKind, Former, Generator, GeneratorError, LeftOver};
use crate::error::CommandError;
use crate::handler_control::HandlerControl;
use crate::settings::StackName;
use crate::ui::Ui;
use incident_deploy::aws::Clients;
use incident_deploy::engine::Interrupt;

/// Attempts to put the generator back, and the pause between them.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// The pause before the failure. Its time and that of the change are known to the second, and in the same one either may have been
/// first.
const DISTANCE: Duration = Duration::from_millis(1_100);

/// Puts back what a test that was killed left changed.
pub(super) async fn repair(generator: &Generator, kind: FailureKind, ui: &Ui) -> Result<(), CommandError> {
    let name = generator.name();
    match generator.repair().await {
        Ok(None) => {}
        Ok(Some(LeftOver::Code)) => ui.warn(&format!("an earlier test left {name} broken: its code is put back")),
        Ok(Some(LeftOver::Memory(memory))) => {
            ui.warn(&format!("an earlier test left {name} with little memory: it has {memory} MB again"));
        }
        // The test itself says that there is no stack.
        Err(GeneratorError::NoStack { .. }) => {}
        Err(error) if kind.alteration().is_some() => return Err(error.into()),
        Err(error) => ui.warn(&format!("cannot check whether an earlier test left {name} changed: {}", line(error))),
    }
    Ok(())
}

/// Has the handler note how the generator is before it is changed.
pub(super) async fn snapshot(clients: &Clients, stack: &StackName, ui: &Ui) -> Result<(), CommandError> {
    if let Err(error) = HandlerControl::new(clients, stack).snapshot(&stack.generator()).await {
        let hints = error.hints();
        ui.warn(&format!(
            "without a snapshot of the generator, the cause may be no more than possible: {}",
            line(error)
        ));
        hints.iter().for_each(|hint| ui.hint(hint));
    }
    Ok(())
}

/// Runs a test while the generator is changed. The first interrupt ends the test, the second also the restoration.
pub(super) async fn during<T>(
    generator: &Generator,
    alteration: Alteration,
    interrupt: &Interrupt,
    ui: &Ui,
    test: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let former = until(interrupt, async { Ok(generator.former(alteration).await?) }).await?;
    let outcome = altered(generator, alteration, &former, interrupt, ui, test).await;
    let restored = tokio::select! {
        restored = restore(generator, &former) => restored.map_err(CommandError::from),
        () = interrupt.wait_for_second() => Err(CommandError::interrupted()),
    };
    match (outcome, restored) {
        (outcome, Ok(())) => {
            ui.say(format!("{} is as it was before", generator.name()));
            outcome
        }
        (Ok(_), Err(error)) => Err(still_changed(error, generator.name())),
        (Err(failed), Err(error)) => Err(still_changed(failed.causes([line(error)]), generator.name())),
    }
}

async fn altered<T>(
    generator: &Generator,
    alteration: Alteration,
    former: &Former,
    interrupt: &Interrupt,
    ui: &Ui,
    test: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    ui.say(match alteration {
        Alteration::BrokenCode => format!("deploying code to {} that does not start", generator.name()),
        Alteration::LessMemory => format!("lowering the memory of {} to 128 MB", generator.name()),
    });
    generator.alter(former).await?;
    let settled_and_tested = async {
        generator.settled().await?;
        tokio::time::sleep(DISTANCE).await;
        test.await
    };
    until(interrupt, settled_and_tested).await
}

async fn restore(generator: &Generator, former: &Former) -> Result<(), GeneratorError> {
    for _ in 1..ATTEMPTS {
        if generator.restore(former).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    generator.restore(former).await
}

fn still_changed(error: CommandError, name: &str) -> CommandError {
    error
        .hint(format!(
            "{name} is still changed: the next `incidentctl trigger-test` puts it back, and so does `incidentctl up`"
        ))
        .detail("restored", false)
}

/// An error and its causes in one line.
fn line(error: impl Into<CommandError>) -> String {
    error.into().to_string()
}
