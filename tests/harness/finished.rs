//! The result of a command.

use std::process::Output;

use serde_json::Value;

use super::TestResult;

/// A finished command.
#[derive(Debug)]
pub(crate) struct Finished {
    command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(super) fn new(arguments: &[&str], output: Output) -> Self {
        Self {
            command: arguments.join(" "),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Itself if the exit code is 0.
    pub(crate) fn succeeded(self) -> TestResult<Self> {
        self.ended_with(0)
    }

    /// Itself if the exit code is this.
    pub(crate) fn ended_with(self, code: i32) -> TestResult<Self> {
        if self.code == Some(code) {
            return Ok(self);
        }
        let Self { command, code: found, stdout, stderr } = self;
        Err(format!(
            "`incidentctl {command}` ended with {found:?}, not {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
        .into())
    }

    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> TestResult<Value> {
        serde_json::from_str(&self.stdout).map_err(|error| format!("{error} in {:?}", self.stdout).into())
    }

    /// Standard output as one JSON object per line.
    pub(crate) fn json_lines(&self) -> TestResult<Vec<Value>> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|error| format!("{error} in {line:?}").into()))
            .collect()
    }

    /// The last line of a long-running command: `{"type":"result",…}`.
    pub(crate) fn result(&self) -> TestResult<Value> {
        let last = self.json_lines()?.pop().ok_or("standard output is empty")?;
        if last["type"] == "result" { Ok(last) } else { Err(format!("the last line is {last}").into()) }
    }
}
