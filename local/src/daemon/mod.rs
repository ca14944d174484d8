//! The background process of a local AWS: start, find, stop.
//!
//! Each directory holds one local AWS. Its process keeps `local.lock` locked for its lifetime, a lock that the system
//! releases however it dies, and writes [`Status`] to `local.json` once it listens. A process counts as ours only if it
//! answers on that file's port with that file's instance id, so a stale file, a reused process id or a foreign program
//! on the port is never mistaken for it, and none is ever killed.

mod client;
mod descriptors;
mod find;
mod process_state;
mod serve;
mod start;
mod state;
mod stop;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

pub use client::storage_trouble;
pub use find::{Found, Unresponsive, find};
pub use serve::serve;
pub use start::start;
pub use state::Status;
pub use stop::stop;

use crate::gateway::GatewayError;

/// Why a local AWS could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The gateway cannot listen.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Another process uses the directory.
    #[error("another local AWS already runs in {}", directory.display())]
    AlreadyRuns {
        /// The directory.
        directory: PathBuf,
    },
    /// It runs but does not answer.
    #[error("{0}")]
    Unresponsive(Unresponsive),
    /// A file in the directory cannot be read or written.
    #[error("cannot access {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The executable cannot be run.
    #[error("cannot run {}", executable.display())]
    Spawn {
        /// The executable.
        executable: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The process exited before it was ready.
    #[error("the local AWS exited before it was ready ({status}); end of {}:\n{tail}", log.display())]
    Ended {
        /// Its exit status.
        status: String,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// The process was not ready in time.
    #[error("the local AWS was not ready after {seconds} s; end of {}:\n{tail}", log.display())]
    TooSlow {
        /// The timeout.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// It did not stop, or another program answers on its port.
    #[error("{message}")]
    NotStopped {
        /// What was found.
        message: String,
    },
}

impl From<Unresponsive> for DaemonError {
    fn from(unresponsive: Unresponsive) -> Self {
        Self::Unresponsive(unresponsive)
    }
}

impl DaemonError {
    /// What the user can do, if anything in particular.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unresponsive(Unresponsive { pid, .. }) => Some(format!(
                "`kill -CONT {pid}` lets a stopped process go on; `kill -9 {pid}` ends it with all its state"
            )),
            _ => None,
        }
    }

    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
