//! Finds a running local AWS.

use std::path::Path;

use super::client::{Answer, identify};
use super::process_state;
use super::state::{self, SERVE_LOCK, Status};

/// What was found in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A running local AWS.
    Running(Status),
    /// It runs but does not answer: its process is stopped, or cannot go on.
    Unresponsive(Unresponsive),
    /// Never started, or stopped.
    Absent,
    /// A stale state file: the process was killed or ended with the machine.
    Stale {
        /// Its process id, which may belong to another program by now.
        pid: u32,
    },
    /// A stale state file, and another program on its port.
    Foreign {
        /// The former process id.
        pid: u32,
        /// The port that another program uses now.
        port: u16,
    },
}

/// A local AWS that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresponsive {
    /// Its process id.
    pub pid: u32,
    /// Where it should answer: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// The state of its process in the system's words, such as `T (stopped)`; `None` where the system does not say.
    pub state: Option<String>,
}

impl std::fmt::Display for Unresponsive {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, endpoint, state } = self;
        write!(formatter, "the local AWS on {endpoint} does not answer: its process {pid} ")?;
        match state {
            Some(state) => write!(formatter, "is in state {state}"),
            None => write!(formatter, "still runs"),
        }
    }
}

/// Looks for a directory's local AWS. Takes milliseconds, or a few seconds when the program on the port does not answer.
pub async fn find(directory: &Path) -> Found {
    let Some(status) = state::read(directory) else { return Found::Absent };
    let mut answer = identify(&status).await;
    if answer == Answer::Silence && !process_state::is_stopped(status.pid) {
        // The machine may be busy.
        answer = identify(&status).await;
    }
    match answer {
        Answer::Identity(identity) if identity.pid == status.pid && identity.instance == status.instance => {
            Found::Running(status)
        }
        Answer::Silence if is_locked(directory) => {
            let Status { pid, endpoint, .. } = status;
            Found::Unresponsive(Unresponsive { pid, endpoint, state: process_state::of(pid) })
        }
        Answer::Identity(_) | Answer::Stranger | Answer::Silence => {
            Found::Foreign { pid: status.pid, port: status.port }
        }
        Answer::Closed => Found::Stale { pid: status.pid },
    }
}

/// Whether a process serves the directory, which its lock proves, whatever the state file says.
fn is_locked(directory: &Path) -> bool {
    matches!(state::try_lock(directory, SERVE_LOCK), Ok(None))
}
