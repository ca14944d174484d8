//! Work that an interrupt may cut anywhere.

use std::future::Future;

use crate::error::CommandError;
use incident_deploy::engine::Interrupt;

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
