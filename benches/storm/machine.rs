//! The stack on a local AWS of its own, which is stopped when dropped.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::control::Control;

pub(crate) struct Machine {
    program: PathBuf,
    directory: TempDir,
    address: String,
    secret: String,
    process: u64,
}

impl Machine {
    /// The deployed stack, with a subscriber who confirmed. Time is real, and so are the limits of a second.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let (program, directory) = (incident_bench::command_line()?, tempfile::tempdir()?);
        let mut machine = Self { program, directory, address: String::new(), secret: String::new(), process: 0 };
        machine.run(&["up", "--local", "--yes", "--email", "ada@example.com", "--confirm-email"])?;
        let status: Value = serde_json::from_slice(&machine.run(&["local", "status", "--output", "json"])?.stdout)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(format!("not a text: {value}"));
        machine.address = text(&status["endpoint"])?.trim_start_matches("http://").to_owned();
        machine.secret = text(&status["environment"]["AWS_SECRET_ACCESS_KEY"])?;
        machine.process = status["pid"].as_u64().ok_or("no process id")?;
        Ok(machine)
    }

    pub(crate) fn control(&self) -> Result<Control, Box<dyn Error>> {
        Control::new(&self.address, &self.secret)
    }

    /// How often each function failed.
    pub(crate) fn counts(&self) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
        let list = self.run(&["incidents", "list", "--local", "--all", "--output", "json"])?;
        let list: Value = serde_json::from_slice(&list.stdout)?;
        let incidents = list["incidents"].as_array().or(list.as_array()).ok_or("no incidents")?;
        let count =
            |incident: &Value| Some((incident["resource"].as_str()?.to_owned(), incident["occurrences"].as_u64()?));
        Ok(incidents.iter().filter_map(count).collect())
    }

    /// The resident memory of the largest function in kilobytes; 0 while none runs.
    pub(crate) fn largest_handler(&self) -> u64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process)).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        children.flat_map(|list| list.split_whitespace().map(resident).collect::<Vec<_>>()).max().unwrap_or_default()
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("INCIDENTCTL_LOCAL_DIR", self.directory.path()).env_remove("AWS_ENDPOINT_URL");
        let output = command.stdin(Stdio::null()).output()?;
        match output.status.success() {
            true => Ok(output),
            false => Err(format!("`{}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The directory is removed regardless.
        let _ = self.run(&["local", "stop"]);
    }
}

/// A process that has exited uses no memory.
fn resident(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
