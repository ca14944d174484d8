//! Deployment packages: validated on arrival, unpacked once, shared by all environments.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use zip::ZipArchive;

use crate::{ApiError, private};

/// Request limit for an inline package; the zip itself may have 50 MB.
const REQUEST_LIMIT: usize = 70_167_211;
const UNPACKED_LIMIT: u64 = 262_144_000;

/// A deployment package.
#[derive(Debug)]
pub(super) struct Code {
    zip: Bytes,
    /// `base64(sha256(zip))`.
    pub(super) sha256: String,
    directory: PathBuf,
    unpacked: OnceCell<()>,
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
        let directory = root.join(hexadecimal(&digest));
        Ok(Self { zip, sha256: STANDARD.encode(digest), directory, unpacked: OnceCell::new() })
    }

    /// The zip as uploaded.
    pub(super) fn zip(&self) -> Bytes {
        self.zip.clone()
    }

    /// `sha256(zip)` in hexadecimal.
    pub(super) fn digest(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Size of the zip in bytes.
    pub(super) fn size(&self) -> usize {
        self.zip.len()
    }

    /// The unpacked package: the function's `/var/task`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn directory(&self) -> std::io::Result<&Path> {
        self.unpacked
            .get_or_try_init(|| async {
                let (zip, directory) = (self.zip.clone(), self.directory.clone());
                tokio::task::spawn_blocking(move || unpack(&zip, &directory)).await.map_err(std::io::Error::other)?
            })
            .await?;
        Ok(&self.directory)
    }
}

/// Unpacks to a temporary directory and renames it, so that an existing directory is complete.
fn unpack(zip: &[u8], directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let staging = directory.with_extension(uuid::Uuid::new_v4().simple().to_string());
    if let Some(root) = directory.parent() {
        private::folder(root)?;
    }
    private::folder(&staging)?;
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(std::io::Error::other)?;
    let mut left = UNPACKED_LIMIT;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(std::io::Error::other)?;
        let Some(name) = entry.enclosed_name() else { continue };
        let path = staging.join(name);
        if entry.is_dir() {
            std::fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mode = entry.unix_mode().unwrap_or(0o644);
        let mut content = Vec::new();
        // The declared size may be wrong.
        entry.take(left + 1).read_to_end(&mut content)?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| std::io::Error::other("larger than it says"))?;
        std::fs::write(&path, content)?;
        set_mode(&path, mode)?;
    }
    std::fs::rename(&staging, directory).or_else(|error| {
        let _ = std::fs::remove_dir_all(&staging);
        if directory.is_dir() { Ok(()) } else { Err(error) }
    })
}

/// AWS fails packages whose `bootstrap` is not executable, so the mode bits are preserved.
#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o777))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
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
