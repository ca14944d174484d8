//! A function's process: started as Lambda does, measured through the kernel.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running function, killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a command with only the variables that Lambda, the stack and the caller set.
    ///
    /// # Errors
    /// When the command cannot be run.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.id()))
    }

    /// Processor time of all its threads. `utime` and `stime` have steps of 10 ms; the scheduler has nanoseconds.
    ///
    /// # Errors
    /// When it has exited.
    pub(crate) fn processor_time(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(self.folder().join("task"))? {
            let statistics = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let on_processor = statistics.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
            nanoseconds += on_processor.ok_or(io::ErrorKind::InvalidData)?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Peak memory in MB of 1 048 576 bytes.
    ///
    /// # Errors
    /// When it has exited.
    pub(crate) fn peak_memory(&self) -> io::Result<f64> {
        let status = std::fs::read_to_string(self.folder().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.map(|kilobytes| kilobytes / 1024.0).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
