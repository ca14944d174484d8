//! Limits that the system keeps, also while the local AWS cannot: it may be stopped.

use rustix::process::Resource;
#[cfg(target_os = "linux")]
use rustix::{
    io::Errno,
    process::{Pid, Rlimit, getrlimit, prlimit},
};

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

    /// Makes a process that has just started live with the limits.
    ///
    /// Between fork and exec they could be set as well. But then the program would be run in a way that takes files of no
    /// known format for shell scripts, where Lambda reports an `exec format error`.
    ///
    /// # Errors
    /// When the system refuses, except for a process that has already ended.
    #[cfg(target_os = "linux")]
    pub(super) fn hold_for(self, process: u32) -> std::io::Result<()> {
        let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return Ok(()) };
        for (resource, limit) in self.limits {
            // The process has inherited ours.
            let allowed = getrlimit(resource).maximum.map_or(limit, |maximum| maximum.min(limit));
            match prlimit(Some(process), resource, Rlimit { current: Some(allowed), maximum: Some(allowed) }) {
                Ok(_) | Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Other systems cannot limit another process.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn hold_for(self, _process: u32) -> std::io::Result<()> {
        let Self { limits: _ } = self;
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_has_the_limits() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        Bounds::new(128 << 20, 512 << 20).hold_for(child.id()).unwrap();
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        for (name, value) in [
            ("Max open files", 1024),
            ("Max file size", 512 << 20),
            ("Max data size", (4 << 30) + (128 << 20)),
            ("Max core file size", 0_u64),
        ] {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            let values: Vec<&str> = line[name.len()..].split_ascii_whitespace().take(2).collect();
            assert_eq!(values, [value.to_string(), value.to_string()], "{line}");
        }
        Bounds::new(0, 0).hold_for(child.id()).unwrap();
    }
}
