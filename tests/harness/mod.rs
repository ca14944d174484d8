//! A fresh world for each test: an empty home, a cleared environment, and a local AWS that stops with it.

mod aws;
mod control;
mod desired;
mod finished;
mod samples;
mod snapshot;
mod test_bed;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use aws::Aws;
pub(crate) use control::Control;
pub(crate) use desired::{Desired, tiny_program};
pub(crate) use finished::Finished;
pub(crate) use samples::samples;
pub(crate) use snapshot::{Snapshot, difference, snapshot};
pub(crate) use test_bed::{ATTEMPTS, BOUNDARY, TestBed};

/// Any error a test returns.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Timeout of one command, far above what any needs.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(180);
/// Timeout of background work, far above what any needs.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(60);

/// The tests' email address.
pub(crate) const ADDRESS: &str = "ada@example.com";

/// The variables a build of the handler needs, and the folder of the journals of exchanges; the rest of the machine's
/// environment is cleared.
const KEPT_VARIABLES: [&str; 6] =
    ["PATH", "CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "INCIDENTCTL_TEST_EXCHANGES"];

/// One user's machine.
pub(crate) struct World {
    home: TempDir,
}

impl World {
    pub(crate) fn new() -> TestResult<Self> {
        Ok(Self { home: tempfile::tempdir()? })
    }

    /// The user's home; commands run in it.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> TestResult<Finished> {
        self.run_with::<&str>(arguments, &[]).await
    }

    /// Runs `incidentctl` with additional environment variables.
    pub(crate) async fn run_with<V: AsRef<OsStr>>(
        &self,
        arguments: &[&str],
        variables: &[(&str, V)],
    ) -> TestResult<Finished> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        command.envs(variables.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        let output = tokio::time::timeout(COMMAND_TIMEOUT, command.output())
            .await
            .map_err(|_| format!("`incidentctl {}` did not end", arguments.join(" ")))??;
        Ok(Finished::new(arguments, output))
    }

    /// Starts the local AWS without a stack and connects to it.
    pub(crate) async fn start(&self) -> TestResult<Aws> {
        self.run(&["local", "start"]).await?.succeeded()?;
        self.aws().await
    }

    /// Starts the local AWS with `up` and connects to it.
    pub(crate) async fn up(&self) -> TestResult<Aws> {
        self.run(&["up", "--local", "--yes", "--email", ADDRESS, "--confirm-email"]).await?.succeeded()?;
        self.aws().await
    }

    /// Connects to the running local AWS.
    pub(crate) async fn aws(&self) -> TestResult<Aws> {
        let status = self.run(&["local", "status", "--output", "json"]).await?.succeeded()?.json()?;
        Aws::connect(&status).await
    }

    /// The command, not yet run.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_incidentctl"));
        command.args(arguments).current_dir(self.home()).stdin(Stdio::null()).env_clear();
        command.env("HOME", self.home()).env("INCIDENTCTL_LOCAL_DIR", self.home().join("local-aws"));
        // With a changed HOME, cargo would not find its toolchain.
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            command.env(name, std::env::home_dir().unwrap_or_default().join(folder));
        }
        command.envs(KEPT_VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // An error here would mask why the test failed.
        let _ = self.command(&["local", "stop"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Polls until there is a result.
pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFn() -> TestResult<Option<T>>) -> TestResult<T> {
    let start = Instant::now();
    while start.elapsed() < BACKGROUND_TIMEOUT {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("{what}: not within {} s", BACKGROUND_TIMEOUT.as_secs()).into())
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
