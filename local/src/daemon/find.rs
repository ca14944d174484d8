//! Finds a running local AWS.

use std::path::Path;

use super::client::{Answer, identify};
use super::state::{self, Status};

/// What was found in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A running local AWS.
    Running(Status),
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

/// Looks for a directory's local AWS. Takes milliseconds, or two seconds when a program on the port does not answer.
pub async fn find(directory: &Path) -> Found {
    let Some(status) = state::read(directory) else { return Found::Absent };
    match identify(&status).await {
        Answer::Identity(identity) if identity.pid == status.pid && identity.instance == status.instance => {
            Found::Running(status)
        }
        Answer::Identity(_) | Answer::Stranger => Found::Foreign { pid: status.pid, port: status.port },
        Answer::Closed => Found::Stale { pid: status.pid },
    }
}
