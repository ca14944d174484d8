//! Stops the background process.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::client::request_stop;
use super::state::{self, SERVE_LOCK, Status};
use super::{DaemonError, Found, find};

/// Polling interval.
const POLL: Duration = Duration::from_millis(5);
/// Shutdown ends functions and gives calls in flight two seconds.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Stops a directory's local AWS and waits until its process has exited. Returns what was found before: only
/// [`Found::Running`] was stopped; a stale state file is removed.
///
/// # Errors
/// When it does not answer, refuses, or still runs after 15 s. It is never killed.
pub async fn stop(directory: &Path) -> Result<Found, DaemonError> {
    let found = find(directory).await;
    match &found {
        Found::Running(status) => stop_running(directory, status).await?,
        Found::Unresponsive(unresponsive) => return Err(unresponsive.clone().into()),
        Found::Stale { .. } | Found::Foreign { .. } => forget(directory)?,
        Found::Absent => {}
    }
    Ok(found)
}

async fn stop_running(directory: &Path, status: &Status) -> Result<(), DaemonError> {
    if !request_stop(status).await {
        return Err(not_stopped(status, "refuses to stop"));
    }
    let deadline = Instant::now() + TIMEOUT;
    while state::try_lock(directory, SERVE_LOCK)?.is_none() {
        if Instant::now() > deadline {
            return Err(not_stopped(status, "was asked to stop but is still there"));
        }
        tokio::time::sleep(POLL).await;
    }
    state::remove(directory, &status.instance);
    Ok(())
}

/// Removes a dead process's state file, unless another holds the directory and is about to write its own.
fn forget(directory: &Path) -> Result<(), DaemonError> {
    if let (Some(_lock), Some(status)) = (state::try_lock(directory, SERVE_LOCK)?, state::read(directory)) {
        state::remove(directory, &status.instance);
    }
    Ok(())
}

fn not_stopped(status: &Status, what: &str) -> DaemonError {
    DaemonError::NotStopped { message: format!("the local AWS (process {}) on {} {what}", status.pid, status.endpoint) }
}
