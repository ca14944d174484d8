//! Directories only their owner can access, regardless of umask.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// Creates a private directory with its parents, or makes an existing one private.
///
/// # Errors
/// When it cannot be created, or belongs to another user.
pub(crate) fn folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check_owner(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Creates a local AWS's directory, or uses an existing one. It is made private if it contains only our files, as
/// `is_ours` decides by name; otherwise it belongs to the user and stays readable, and only our files in it are
/// private.
///
/// # Errors
/// When it cannot be created, belongs to another user, or is writable by others.
pub(crate) fn home(path: &Path, is_ours: impl Fn(&str) -> bool) -> Result<()> {
    if !path.is_dir() {
        return folder(path);
    }
    check_owner(path)?;
    let mut entries = fs::read_dir(path)?;
    if entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(&is_ours))) {
        return fs::set_permissions(path, Permissions::from_mode(0o700));
    }
    match fs::metadata(path)?.mode() & 0o022 {
        0 => Ok(()),
        _ => Err(Error::new(ErrorKind::PermissionDenied, "other users may write into it")),
    }
}

/// Whether a file belongs to the user and only the user can read it.
pub(crate) fn is_private(file: &fs::File) -> Result<bool> {
    let metadata = file.metadata()?;
    Ok(metadata.uid() == user() && metadata.mode() & 0o077 == 0)
}

/// A link counts as well: another user could choose which of our directories it leads to.
fn check_owner(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path)?.uid() == user() && fs::metadata(path)?.uid() == user() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::PermissionDenied, "it belongs to another user")),
    }
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn open_folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        folder
    }

    #[test]
    fn an_open_directory_is_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        folder(&path).unwrap();
        assert_eq!((mode(&path), mode(&parent.path().join("a"))), (0o700, 0o700));
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn the_link_of_another_user_is_rejected() {
        let (parent, own) = (tempfile::tempdir().unwrap(), open_folder(0o755));
        let link = parent.path().join("link");
        std::os::unix::fs::symlink(own.path(), &link).unwrap();
        folder(&link).unwrap();
        // Only root can give it away.
        if std::os::unix::fs::lchown(&link, Some(65534), None).is_ok() {
            folder(&link).unwrap_err();
            home(&link, |_| true).unwrap_err();
        }
    }

    #[test]
    fn a_user_directory_is_accepted_unless_others_can_write_to_it() {
        let is_ours = |name: &str| name == "local.lock";
        let ours = open_folder(0o755);
        fs::write(ours.path().join("local.lock"), "").unwrap();
        home(ours.path(), is_ours).unwrap();
        assert_eq!(mode(ours.path()), 0o700);

        let theirs = open_folder(0o755);
        fs::write(theirs.path().join("letter.txt"), "").unwrap();
        home(theirs.path(), is_ours).unwrap();
        assert_eq!(mode(theirs.path()), 0o755);
        fs::set_permissions(theirs.path(), Permissions::from_mode(0o777)).unwrap();
        let error = home(theirs.path(), is_ours).unwrap_err();
        assert!(error.to_string().contains("others") || error.to_string().contains("other users"), "{error}");
    }
}
