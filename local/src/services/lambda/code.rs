//! Deployment packages: validated on arrival, unpacked once, shared by all environments.

mod folder;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use zip::ZipArchive;

use crate::ApiError;

pub(super) use folder::{Folder, clean};

/// Request limit for an inline package; the zip itself may have 50 MB.
const REQUEST_LIMIT: usize = 70_167_211;
const UNPACKED_LIMIT: u64 = 262_144_000;

/// A deployment package.
#[derive(Debug)]
pub(super) struct Code {
    zip: Bytes,
    /// `base64(sha256(zip))`.
    pub(super) sha256: String,
    /// `sha256(zip)` in hexadecimal.
    digest: String,
    root: PathBuf,
    unpacked: Mutex<Option<Arc<Folder>>>,
}

impl Code {
    /// Decodes a base64 package (`ZipFile`). It is unpacked below `root` on first use.
    ///
    /// # Errors
    /// `InvalidParameterValueException` when it is not a zip, is empty, or too large unpacked;
    /// `RequestEntityTooLargeException` when too large packed.
    pub(super) fn from_base64(text: &str, root: &Path, operation: &str) -> Result<Self, ApiError> {
        if text.len() > REQUEST_LIMIT {
            let message = format!("Request must be smaller than {REQUEST_LIMIT} bytes for the {operation} operation");
            return Err(ApiError::new("RequestEntityTooLargeException", message).with_status(413));
        }
        let zip = STANDARD.decode(text).map_err(|_| unreadable())?;
        Self::from_zip(Bytes::from(zip), root)
    }

    /// Takes a raw package.
    ///
    /// # Errors
    /// `InvalidParameterValueException` when it is not a zip, is empty, or too large unpacked.
    pub(super) fn from_zip(zip: Bytes, root: &Path) -> Result<Self, ApiError> {
        let mut archive = ZipArchive::new(Cursor::new(&zip)).map_err(|_| unreadable())?;
        if archive.is_empty() {
            return Err(invalid("Uploaded file must be a non-empty zip"));
        }
        let mut size = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|_| unreadable())?;
            entry.enclosed_name().ok_or_else(unreadable)?;
            size = size.saturating_add(entry.size());
        }
        if size > UNPACKED_LIMIT {
            return Err(invalid(&format!("Unzipped size must be smaller than {UNPACKED_LIMIT} bytes")));
        }
        let digest = Sha256::digest(&zip);
        let (sha256, digest) = (STANDARD.encode(digest), hexadecimal(&digest));
        Ok(Self { zip, sha256, digest, root: root.to_owned(), unpacked: Mutex::default() })
    }

    /// The zip as uploaded.
    pub(super) fn zip(&self) -> Bytes {
        self.zip.clone()
    }

    /// `sha256(zip)` in hexadecimal.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Size of the zip in bytes.
    pub(super) fn size(&self) -> usize {
        self.zip.len()
    }

    /// The unpacked package: the function's `/var/task`. It is as unpacked: a folder that was changed since, by a function
    /// or by hand, is left to the processes that run in it, and another takes its place.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn folder(&self) -> std::io::Result<Arc<Folder>> {
        let mut unpacked = self.unpacked.lock().await;
        let (known, zip, root, digest) = (unpacked.clone(), self.zip.clone(), self.root.clone(), self.digest.clone());
        let look = move || match known {
            Some(folder) if folder.is_intact() => Ok(folder),
            known => {
                if let Some(folder) = known {
                    tracing::warn!(folder = %folder.path().display(), "the code of a function was changed; unpacked anew");
                }
                Folder::unpack(&zip, &root, &digest).map(Arc::new)
            }
        };
        let folder = tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other)??;
        *unpacked = Some(Arc::clone(&folder));
        Ok(folder)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unreadable() -> ApiError {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterValueException", message)
}
