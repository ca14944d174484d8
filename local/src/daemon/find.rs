//! Is it running?

use std::path::Path;

use super::client::{Answer, identify};
use super::state::{self, Status};

/// What there is in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A local AWS that answers.
    Running(Status),
    /// Nothing was started, or it was stopped.
    Absent,
    /// The state file of a process that is gone, killed or ended with the machine.
    Stale {
        /// The process that it was; the id may be another program's by now.
        pid: u32,
    },
    /// The state file of a process that is gone, and another program on its port.
    Foreign {
        /// The process that it was.
        pid: u32,
        /// The port on which something else answers now.
        port: u16,
    },
}

/// Looks for the local AWS of a directory. Takes milliseconds, two seconds when a program on the port does not answer.
pub async fn find(directory: &Path) -> Found {
    let Some(status) = state::read(directory) else { return Found::Absent };
    match identify(&status).await {
        Answer::Identity(identity) if identity.pid == status.pid && identity.instance == status.instance => {
            Found::Running(status)
        }
        Answer::Identity(_) | Answer::Stranger => Found::Foreign { pid: status.pid, port: status.port },
        Answer::Nobody => Found::Stale { pid: status.pid },
    }
}
