//! The files in the directory of a local AWS.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DaemonError;
use crate::{AccessKey, private};

const STATE: &str = "local.json";
const LOG: &str = "local.log";
/// What else there may be in the directory.
const FOLDERS: [&str; 2] = ["outbox", "functions"];

/// Held by the process that serves, for as long as it lives.
pub(super) const SERVE_LOCK: &str = "local.lock";
/// Held by whoever is starting one.
pub(super) const START_LOCK: &str = "start.lock";

/// A local AWS that listens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its process.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Where clients reach it: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Its account.
    pub account: String,
    /// Its default region.
    pub region: String,
    /// The folder of sent mail.
    pub outbox: PathBuf,
    /// Random name of this instance.
    pub instance: String,
    /// The account's own access key; the file that holds it is the owner's only.
    pub access_key: AccessKey,
    /// Version of the program.
    pub version: String,
}

impl std::fmt::Debug for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Status")
            .field("pid", &self.pid)
            .field("endpoint", &self.endpoint)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

pub(super) fn log_path(directory: &Path) -> PathBuf {
    directory.join(LOG)
}

impl Status {
    /// Whether everybody knows its access key.
    pub fn is_open(&self) -> bool {
        self.access_key == AccessKey::well_known()
    }

    /// The environment variables with which any other client of AWS finds the local one. SDKs read the region from one or
    /// the other.
    pub fn environment(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", &self.access_key.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.access_key.secret_access_key),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
        ]
    }
}

/// Makes the directory, or takes one that is there and safe.
pub(super) fn open(directory: &Path) -> Result<(), DaemonError> {
    let is_ours = |name: &str| {
        [LOG, SERVE_LOCK, START_LOCK].contains(&name) || FOLDERS.contains(&name) || name.starts_with(STATE)
    };
    private::home(directory, is_ours).map_err(DaemonError::file(directory))
}

/// The status that was last written, `None` when there is none that can be understood. One that another user may have
/// written would lead to a place that is his.
pub(super) fn read(directory: &Path) -> Option<Status> {
    let file = File::open(directory.join(STATE)).ok()?;
    if !private::is_private(&file).ok()? {
        return None;
    }
    serde_json::from_reader(std::io::BufReader::new(file)).ok()
}

/// Writes the status so that nobody sees half of it, and nobody else reads the access key.
pub(super) fn write(directory: &Path, status: &Status) -> Result<(), DaemonError> {
    let path = directory.join(STATE);
    let temporary = directory.join(format!("{STATE}.{}", std::process::id()));
    let written = serde_json::to_vec_pretty(status).map_err(std::io::Error::from).and_then(|text| {
        // A file left over from a process of the same id keeps its own mode, so it has to go first.
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(&text)?;
        fs::rename(&temporary, &path)
    });
    written.map_err(DaemonError::file(path))
}

/// Removes the status if it is that of this instance, so that a successor's stays.
pub(super) fn remove(directory: &Path, instance: &str) {
    if read(directory).is_some_and(|status| status.instance == instance) {
        let _ = fs::remove_file(directory.join(STATE));
    }
}

/// Takes a lock file, `None` when another process or task has it. The lock lasts as long as the file is open.
pub(super) fn try_lock(directory: &Path, name: &str) -> Result<Option<File>, DaemonError> {
    let path = directory.join(name);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(DaemonError::file(path.clone()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(DaemonError::File { path, source }),
    }
}
