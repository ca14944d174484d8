//! Starts the background process.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::state::{self, START_LOCK, Status};
use super::{DaemonError, Found, find};
use crate::LocalConfig;

/// Polling interval for readiness.
const POLL: Duration = Duration::from_millis(5);
/// It takes milliseconds; a busy machine needs longer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Log excerpt in an error, in bytes.
const TAIL: u64 = 2000;

/// Runs `EXECUTABLE local serve --settings JSON` in the background and waits until it is ready. Returns a running one
/// unchanged; concurrent starts yield one process.
///
/// # Errors
/// When a running one does not answer, or the process cannot be run, exits, or is not ready within 20 s; the error includes the end of its log.
pub async fn start(executable: &Path, config: &LocalConfig) -> Result<Status, DaemonError> {
    let directory = config.directory.as_path();
    state::open(directory)?;
    let deadline = Instant::now() + TIMEOUT;
    let _starting = starter_lock(directory, deadline).await?;
    match find(directory).await {
        Found::Running(status) => return Ok(status),
        Found::Unresponsive(unresponsive) => return Err(unresponsive.into()),
        Found::Absent | Found::Stale { .. } | Found::Foreign { .. } => {}
    }
    let child = spawn(executable, config)?;
    wait_until_ready(directory, child, deadline).await
}

async fn starter_lock(directory: &Path, deadline: Instant) -> Result<File, DaemonError> {
    loop {
        if let Some(lock) = state::try_lock(directory, START_LOCK)? {
            return Ok(lock);
        }
        if Instant::now() > deadline {
            return Err(too_slow(directory));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Starts it in its own process group, out of reach of the terminal's Ctrl-C.
fn spawn(executable: &Path, config: &LocalConfig) -> Result<Child, DaemonError> {
    let path = state::log_path(&config.directory);
    let failed = |source| DaemonError::File { path: path.clone(), source };
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    let errors = log.try_clone().map_err(|source| DaemonError::File { path: path.clone(), source })?;
    let settings = serde_json::to_string(config)
        .map_err(|error| DaemonError::File { path: path.clone(), source: error.into() })?;
    Command::new(executable)
        .args(["local", "serve", "--settings", &settings])
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|source| DaemonError::Spawn { executable: executable.to_owned(), source })
}

async fn wait_until_ready(directory: &Path, mut child: Child, deadline: Instant) -> Result<Status, DaemonError> {
    loop {
        // A stale file names another process; only the child's status counts.
        if state::read(directory).is_some_and(|status| status.pid == child.id())
            && let Found::Running(status) = find(directory).await
        {
            reap(child);
            return Ok(status);
        }
        if let Ok(Some(status)) = child.try_wait() {
            // A foreground process may have held the lock and be listening by now.
            if let Found::Running(status) = find(directory).await {
                return Ok(status);
            }
            let log = state::log_path(directory);
            return Err(DaemonError::Ended { status: status.to_string(), tail: tail(&log), log });
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            reap(child);
            return Err(too_slow(directory));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Reaps the child, so that a long-lived parent keeps no zombie.
fn reap(mut child: Child) {
    std::thread::spawn(move || child.wait());
}

fn too_slow(directory: &Path) -> DaemonError {
    let log = state::log_path(directory);
    DaemonError::TooSlow { seconds: TIMEOUT.as_secs(), tail: tail(&log), log }
}

fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    read().unwrap_or_default()
}
