//! Commands that are safe to interrupt anywhere.

use std::future::Future;

use crate::error::CommandError;
use incident_deploy::engine::Interrupt;

/// Runs a whole command until it ends or is interrupted.
pub(super) async fn interruptible<T>(
    command: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    until(&Interrupt::listen()?, command).await
}

/// Runs work until it ends or is interrupted; after an interrupt, no work starts.
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
