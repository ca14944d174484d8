//! The folder of an unpacked package.
//!
//! Nothing that is found on the disk is ever run: each folder is unpacked by this process, under a name drawn for it, and
//! checked before each start of a process. It is removed with the last function and process that use it.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::UNPACKED_LIMIT;
use crate::private;

/// An unpacked package. Dropping it removes it.
#[derive(Debug)]
pub(in super::super) struct Folder {
    path: PathBuf,
    marks: Vec<Mark>,
}

/// What the system notes about a file or folder. No change leaves all of it as it was: the time of the last change
/// cannot be set.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    path: PathBuf,
    inode: u64,
    mode: u32,
    length: u64,
    changed: (i64, i64),
}

impl Folder {
    /// Unpacks a package with this digest below a root. A failure leaves nothing behind.
    ///
    /// # Errors
    /// When the package is damaged, or cannot be written; the message names the folder.
    pub(super) fn unpack(zip: &[u8], root: &Path, digest: &str) -> io::Result<Self> {
        let path = root.join(format!("{digest}.{}", uuid::Uuid::new_v4().simple()));
        // From here on, dropping it cleans up.
        let mut folder = Self { path, marks: Vec::new() };
        let unpacked = private::folder(root).and_then(|()| private::folder(&folder.path));
        let marked = unpacked.and_then(|()| fill(&folder.path, zip)).and_then(|()| marks(&folder.path));
        folder.marks = marked.map_err(|error| {
            let message = format!("cannot unpack the code into {}: {error}", root.display());
            io::Error::new(error.kind(), message)
        })?;
        Ok(folder)
    }

    /// The folder.
    pub(in super::super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing in it has changed since it was unpacked.
    pub(super) fn is_intact(&self) -> bool {
        marks(&self.path).is_ok_and(|marks| marks == self.marks)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may not exist, or be removed by hand.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes what a killed process has left below a root. No other process may use it.
pub(in super::super) fn clean(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_of_a_package)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Whether a folder's name is a digest, and what may follow it.
fn is_of_a_package(name: &str) -> bool {
    let digest = name.split('.').next().unwrap_or_default();
    digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn fill(folder: &Path, zip: &[u8]) -> io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(io::Error::other)?;
    let mut left = UNPACKED_LIMIT;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(io::Error::other)?;
        let Some(name) = entry.enclosed_name() else { continue };
        let path = folder.join(name);
        if entry.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mode = entry.unix_mode().unwrap_or(0o644);
        let mut content = Vec::new();
        // The declared size may be wrong.
        entry.take(left + 1).read_to_end(&mut content)?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| io::Error::other("larger than it says"))?;
        fs::write(&path, content)?;
        // AWS fails packages whose `bootstrap` is not executable, so the mode bits are preserved.
        fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o777))?;
    }
    Ok(())
}

/// The marks of a folder and all it contains, in order.
fn marks(folder: &Path) -> io::Result<Vec<Mark>> {
    let (mut marks, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path)?;
        if found.is_dir() {
            for entry in fs::read_dir(&path)? {
                left.push(entry?.path());
            }
        }
        marks.push(Mark {
            path,
            inode: found.ino(),
            mode: found.mode(),
            length: found.len(),
            changed: (found.ctime(), found.ctime_nsec()),
        });
    }
    marks.sort();
    Ok(marks)
}
