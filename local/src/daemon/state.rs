//! The files in a local AWS's directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DaemonError;
use crate::{AccessKey, private};

const STATE: &str = "local.json";
const LOG: &str = "local.log";
/// Other files the directory may contain.
const FOLDERS: [&str; 2] = ["outbox", "functions"];

/// Locked by the serving process for its lifetime.
pub(super) const SERVE_LOCK: &str = "local.lock";
/// Locked while starting.
pub(super) const START_LOCK: &str = "start.lock";

/// A listening local AWS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The process id.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Where clients reach it: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// The account id.
    pub account: String,
    /// The default region.
    pub region: String,
    /// The outbox directory.
    pub outbox: PathBuf,
    /// Random name of this instance.
    pub instance: String,
    /// The account's own access key; its file is readable by the owner only.
    pub access_key: AccessKey,
    /// The program's version.
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
    /// Whether its access key is the well-known one.
    pub fn is_open(&self) -> bool {
        self.access_key == AccessKey::well_known()
    }

    /// The environment variables that point other AWS clients at the local AWS. SDKs read the region from either
    /// variable.
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

/// Creates the directory, or verifies that an existing one is safe.
pub(super) fn open(directory: &Path) -> Result<(), DaemonError> {
    let is_ours = |name: &str| {
        [LOG, SERVE_LOCK, START_LOCK].contains(&name) || FOLDERS.contains(&name) || name.starts_with(STATE)
    };
    private::home(directory, is_ours).map_err(DaemonError::file(directory))
}

/// The last written status; `None` when there is no readable one. One that another user may have written is ignored,
/// because it would point to that user's server.
pub(super) fn read(directory: &Path) -> Option<Status> {
    let file = File::open(directory.join(STATE)).ok()?;
    if !private::is_private(&file).ok()? {
        return None;
    }
    serde_json::from_reader(std::io::BufReader::new(file)).ok()
}

/// Writes the status atomically and readable by the owner only: it contains the access key.
pub(super) fn write(directory: &Path, status: &Status) -> Result<(), DaemonError> {
    let path = directory.join(STATE);
    let temporary = directory.join(format!("{STATE}.{}", std::process::id()));
    let written = serde_json::to_vec_pretty(status).map_err(std::io::Error::from).and_then(|text| {
        // A leftover file of an earlier process with the same id would keep its mode, so remove it first.
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(&text)?;
        fs::rename(&temporary, &path)
    });
    written.map_err(DaemonError::file(path))
}

/// Removes this instance's status, but not a successor's.
pub(super) fn remove(directory: &Path, instance: &str) {
    if read(directory).is_some_and(|status| status.instance == instance) {
        let _ = fs::remove_file(directory.join(STATE));
    }
}

/// Acquires a lock file; `None` when another process or task holds it. The lock lasts as long as the file is open.
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
