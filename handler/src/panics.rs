//! Confines a panic to the work that causes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// The work panicked. What the panic says is in the log only, since it may contain what the event contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handler panicked; its log says where")]
pub(crate) struct Panicked;

/// The result of a computation.
///
/// # Errors
/// When it panics.
pub(crate) fn computed<T>(compute: impl FnOnce() -> T) -> Result<T, Panicked> {
    // What it shares with others are locks, which are used after a panic as well.
    catch_unwind(AssertUnwindSafe(compute)).map_err(|_| Panicked)
}

/// The output of a future.
///
/// # Errors
/// When it panics.
pub(crate) async fn awaited<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match computed(|| future.as_mut().poll(context)) {
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}
