//! A processor share as Lambda gives a small function: 128 MB of 1769 MB, which is a whole one, in periods of 20 ms
//! (memory: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const PERIOD_MICROSECONDS: u32 = 20_000;
const SHARE_MICROSECONDS: u32 = PERIOD_MICROSECONDS * 128 / 1769;

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A control group, removed when dropped; it must be empty by then.
pub(crate) struct Share(PathBuf);

impl Share {
    /// Creates a control group of version 2 or 1, whichever the machine has. The share is independent of the machine's
    /// load. Use it for one process: a quota overdrawn by one would be short for the next.
    ///
    /// When the user lacks permission; root has it.
    /// This user may not; root may.
    pub(crate) fn new() -> io::Result<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("incident-bench-{}-{number}", std::process::id());
        if root.join("cgroup.controllers").exists() {
            let group = Self::make(root.join(name))?;
            group.set("cpu.weight", "10000")?;
            group.set("cpu.max", &format!("{SHARE_MICROSECONDS} {PERIOD_MICROSECONDS}"))?;
            Ok(group)
        } else {
            let group = Self::make(root.join("cpu").join(name))?;
            group.set("cpu.shares", "262144")?;
            group.set("cpu.cfs_period_us", &PERIOD_MICROSECONDS.to_string())?;
            group.set("cpu.cfs_quota_us", &SHARE_MICROSECONDS.to_string())?;
            Ok(group)
        }
    }

    fn make(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// Moves a process into the group and onto one processor: with a share this small, each of several processors would
    /// keep the slice the process left unused when it migrated.
    ///
    /// # Errors
    /// When the process is gone, or `taskset` is missing.
    pub(crate) fn hold(&self, process: u32) -> io::Result<()> {
        let process = process.to_string();
        self.set("cgroup.procs", &process)?;
        let mut pin = Command::new("taskset");
        let pin = pin.args(["--all-tasks", "--cpu-list", "--pid", "0", &process]).stdout(Stdio::null()).status()?;
        pin.success().then_some(()).ok_or_else(|| io::Error::other("taskset failed"))
    }

    fn set(&self, file: &str, value: &str) -> io::Result<()> {
        std::fs::write(self.0.join(file), value)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // A non-empty group stays behind and does no harm.
        let _ = std::fs::remove_dir(&self.0);
    }
}
