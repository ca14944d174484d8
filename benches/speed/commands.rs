//! The command line on the local AWS.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::measurement::{Measurement, timed};

const UP: &[&str] = &["up", "--local", "--yes", "--email", "ada@example.com", "--confirm-email"];

/// The program, with its own directory for its local AWS, which is stopped when dropped.
struct Machine {
    program: PathBuf,
    directory: TempDir,
}

impl Machine {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("INCIDENTCTL_LOCAL_DIR", self.directory.path()).env_remove("AWS_ENDPOINT_URL");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
        let status = self.command(arguments).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`incidentctl {}` ended with {status}", arguments.join(" ")).into())
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The directory is removed regardless.
        let _ = self.run(&["local", "stop"]);
    }
}

/// Times the commands and measures the peak memory of the largest.
pub(crate) fn measure(report: &mut impl FnMut(Measurement)) -> Result<(), Box<dyn Error>> {
    let machine = Machine { program: incident_bench::command_line()?, directory: tempfile::tempdir()? };
    let repeat = |times: usize, arguments: &[&str]| {
        (0..times).map(|_| timed(|| machine.run(arguments))).collect::<Result<Vec<_>, _>>()
    };

    report(Measurement::milliseconds("incidentctl --version", Duration::from_millis(10), &repeat(50, &["--version"])?));
    // Builds the handler once, outside the figures below.
    machine.run(UP)?;
    let no_change = repeat(10, UP)?;
    let trigger = repeat(10, &["trigger-test", "--local"])?;
    let list = repeat(10, &["incidents", "list", "--local"])?;
    let (mut up, mut down, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        down.push(timed(|| machine.run(&["down", "--local", "--yes"]))?);
        machine.run(&["local", "stop"])?;
        up.push(timed(|| machine.run(UP))?);
    }
    for _ in 0..3 {
        machine.run(&["down", "--local", "--yes"])?;
        memory.push(largest_memory(machine.command(UP))?);
    }

    report(Measurement::milliseconds("up --local, the local AWS not yet running", Duration::from_secs(3), &up));
    report(Measurement::milliseconds("up --local that changes nothing", Duration::from_millis(300), &no_change));
    report(Measurement::milliseconds("trigger-test --local", Duration::from_millis(1500), &trigger));
    report(Measurement::milliseconds("incidents list --local", Duration::from_millis(300), &list));
    report(Measurement::milliseconds("down --local", Duration::from_secs(3), &down));
    report(Measurement::megabytes("memory of up --local", 40.0, &memory));
    Ok(())
}

/// Peak resident size of a process in bytes, polled from the kernel's high-water mark.
fn largest_memory(mut command: Command) -> Result<u64, Box<dyn Error>> {
    let mut process = command.spawn()?;
    let status_file = Path::new("/proc").join(process.id().to_string()).join("status");
    let mut largest = 0;
    while process.try_wait()?.is_none() {
        largest = largest.max(high_water_mark(&std::fs::read_to_string(&status_file).unwrap_or_default()));
        std::hint::spin_loop();
    }
    Ok(largest)
}

fn high_water_mark(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    kilobytes * 1024
}
