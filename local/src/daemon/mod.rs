//! The background process of a local AWS: start it, find it again, stop it.
//!
//! One directory holds one local AWS. Its process keeps `local.lock` locked for as long as it lives, which the system
//! undoes whatever way it dies, and writes [`Status`] to `local.json` once it listens. A process is believed to be
//! ours only when it answers on the port of that file with the instance id in it; so neither a stale file, nor a
//! reused process id, nor a foreign program on the port is mistaken for it, and none is ever killed.

mod client;
mod find;
mod serve;
mod start;
mod state;
mod stop;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

pub use find::{Found, find};
pub use serve::serve;
pub use start::start;
pub use state::Status;
pub use stop::stop;

use crate::gateway::GatewayError;

/// Why a local AWS could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// It does not listen.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Another process has the directory.
    #[error("another local AWS already runs in {}", directory.display())]
    AlreadyRuns {
        /// The directory.
        directory: PathBuf,
    },
    /// A file in its directory could not be read or written.
    #[error("cannot access {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The executable could not be run.
    #[error("cannot run {}", executable.display())]
    Spawn {
        /// The executable.
        executable: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The process ended before it listened.
    #[error("the local AWS ended before it was ready ({status}); the end of {} says:\n{tail}", log.display())]
    Ended {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The process did not answer in time.
    #[error("the local AWS was not ready after {seconds} s; the end of {} says:\n{tail}", log.display())]
    TooSlow {
        /// For how long it was waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// It did not stop, or its port answers for another program.
    #[error("{message}")]
    NotStopped {
        /// What was found.
        message: String,
    },
}

impl DaemonError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
