//! Whether mails can be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// As long as the longest message of SNS, in bytes: what fits needs no less.
const PROBE: usize = 256 * 1024;

/// Why mails cannot be written, or the last one could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The outbox.
    pub outbox: PathBuf,
    /// The system's words.
    pub reason: String,
    /// Whether the disk is full, or the user's share of it.
    pub is_full: bool,
}

impl Trouble {
    pub(super) fn new(outbox: &Path, error: &io::Error) -> Self {
        let is_full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        Self { outbox: outbox.to_owned(), reason: error.to_string(), is_full }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { outbox, reason, is_full } = self;
        let full = if *is_full { ", there is no space left" } else { "" };
        write!(formatter, "the local AWS cannot write mails to {}{full}: {reason}", outbox.display())
    }
}

/// Writes as much as a mail needs, and removes it.
pub(super) fn probe(outbox: &Path) -> io::Result<()> {
    let file = outbox.join(format!("{}.probe", uuid::Uuid::new_v4().simple()));
    let written = fs::write(&file, vec![b' '; PROBE]);
    let removed = fs::remove_file(&file);
    written.and(removed)
}
