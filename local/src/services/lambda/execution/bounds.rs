//! Limits that the system keeps, also while the local AWS cannot: it may be stopped or killed.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::process::Command;

/// "File descriptors: 1,024" (Lambda quotas).
const DESCRIPTORS: u64 = 1024;
/// Beside the memory size, in bytes: programs reserve more than they use. What is used is measured, see `memory`.
const RESERVABLE: u64 = 4 << 30;

/// Limits of a process and, each by itself, of its children.
///
/// Lambda's limit of 1 024 processes is not among them: the system counts all processes of the user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    limits: [(Resource, u64); 4],
}

impl Bounds {
    /// Limits for a memory size and a size of `/tmp`, in bytes.
    pub(super) fn new(memory: u64, storage: u64) -> Self {
        let limits = [
            (Resource::Nofile, DESCRIPTORS),
            (Resource::Fsize, storage),
            (Resource::Data, memory.saturating_add(RESERVABLE)),
            (Resource::Core, 0),
        ];
        Self { limits }
    }

    /// Makes the command's process live with the limits, and die with the thread that starts it.
    #[expect(unsafe_code, reason = "limits and the parent's death are set between fork and exec, or too late")]
    pub(super) fn hold_for(self, command: &mut Command) {
        let parent = rustix::process::getpid();
        // SAFETY: the closure allocates nothing and takes no lock; it only makes system calls.
        unsafe {
            command.pre_exec(move || {
                die_with(parent)?;
                self.set()
            });
        }
    }

    fn set(self) -> io::Result<()> {
        for (resource, limit) in self.limits {
            let allowed = getrlimit(resource).maximum.map_or(limit, |maximum| maximum.min(limit));
            setrlimit(resource, Rlimit { current: Some(allowed), maximum: Some(allowed) })?;
        }
        Ok(())
    }
}

/// Asks for death when the parent dies, which it may have done before.
#[cfg(target_os = "linux")]
fn die_with(parent: rustix::process::Pid) -> io::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    match getppid() == Some(parent) {
        true => Ok(()),
        false => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Other systems cannot; there, the guardian kills the process.
#[cfg(not(target_os = "linux"))]
fn die_with(_parent: rustix::process::Pid) -> io::Result<()> {
    Ok(())
}
