//! Work that an interrupt may cut anywhere.

use std::future::Future;

use super::CommandError;
use crate::engine::Interrupt;
use crate::ui::Ui;

/// Runs a whole command until it ends or is interrupted.
pub(super) async fn interruptible<T>(
    command: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    until(&Interrupt::listen()?, command).await
}

/// Does work until it ends or is interrupted; work that has not begun by then is not begun.
pub(super) async fn until<T>(
    interrupt: &Interrupt,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(CommandError::interrupted()),
        result = work => result,
    }
}

/// Asks something that blocks, such as for consent.
pub(super) async fn ask<T: Send + 'static>(
    ui: &Ui,
    interrupt: &Interrupt,
    question: impl FnOnce(&Ui) -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let ui = ui.clone();
    let answer = async {
        let answer = tokio::task::spawn_blocking(move || question(&ui));
        answer.await.unwrap_or_else(|_| Err(CommandError::interrupted()))
    };
    until(interrupt, answer).await
}
