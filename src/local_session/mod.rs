//! The local AWS behind `--local`: where it lives, whether it runs, how to start it, and the mail it sends.

mod confirm;
mod get;

use std::path::{Path, PathBuf};

use incident_local::LocalConfig;
use incident_local::config::{LatencyProfile, LimitsProfile};
use incident_local::daemon::{self, DaemonError, Status, Unresponsive};
use incident_local::outbox::{OutboxError, Trouble};

use crate::session::Session;
use incident_deploy::aws::AwsError;

pub use confirm::{Confirmation, confirm_emails};

/// The default region of a local AWS, the one AWS's documentation uses.
const REGION: &str = "us-east-1";

/// Why the local AWS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The process failed.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// It does not say whether it can write mails.
    #[error("cannot determine whether the local AWS can write mails")]
    Storage(#[source] std::io::Error),
    /// Its mail could not be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A call to it failed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The path of this program is unknown, so it cannot be started again.
    #[error("cannot determine the path of this program")]
    Executable(#[source] std::io::Error),
}

impl From<Unresponsive> for LocalError {
    fn from(unresponsive: Unresponsive) -> Self {
        DaemonError::from(unresponsive).into()
    }
}

/// How to start a local AWS when a command needs one.
pub fn quick(directory: &Path, region: Option<&str>) -> LocalConfig {
    LocalConfig {
        port: 0,
        region: region.unwrap_or(REGION).to_owned(),
        directory: directory.to_owned(),
        time_scale: 1.0,
        latency: LatencyProfile::QUICK,
        limits: Some(LimitsProfile::AWS),
        smtp: None,
        faults: None,
        open: false,
    }
}

/// Starts the local AWS in the background, or returns the one already running.
///
/// # Errors
/// If the process cannot be run or is not ready in time.
pub async fn start(config: &LocalConfig) -> Result<Status, LocalError> {
    let executable = std::env::current_exe().map_err(LocalError::Executable)?;
    Ok(daemon::start(&executable, config).await?)
}

/// What to do when the local AWS cannot write mails.
pub const STORAGE_HINT: &str =
    "free space there, or make the folder writable again; SNS repeats a delivery for some minutes";

/// Why the local AWS of a session cannot write mails; `None` if it can, or if the session is of an account.
///
/// # Errors
/// If it does not answer.
pub async fn storage_trouble(session: &Session) -> Result<Option<Trouble>, LocalError> {
    match session.local() {
        Some(status) => daemon::storage_trouble(status).await.map_err(LocalError::Storage),
        None => Ok(None),
    }
}

/// The folder of sent mail, which outlives the process.
pub fn outbox(directory: &Path) -> PathBuf {
    directory.join("outbox")
}
