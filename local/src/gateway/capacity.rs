//! How much the gateway takes from its clients at a time, and how long it waits for them.

use std::time::Duration;

use rustix::process::{Resource, getrlimit};

/// Limits of all connections together, and of each one's client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    /// Number of connections.
    pub(super) connections: usize,
    /// Bytes of bodies, of all connections together.
    pub(super) bytes: usize,
    /// From the start of a connection, or the last reply on it, until the next request's head is complete and the last
    /// reply has been taken.
    pub(super) head: Duration,
    /// From a request's head to the end of its body.
    pub(super) body: Duration,
}

impl Capacity {
    /// Descriptors that function processes and files need, at most: 50 processes with a log, a server and its client.
    const RESERVED: u64 = 512;

    /// As many connections as the process has file descriptors for, up to 2048; two bodies of the longest operations
    /// and some small ones at a time.
    pub(super) fn of_this_process() -> Self {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let connections = descriptors.saturating_sub(Self::RESERVED).clamp(64, 2048);
        Self {
            connections: usize::try_from(connections).unwrap_or(64),
            bytes: 192 * 1024 * 1024,
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
        }
    }
}
