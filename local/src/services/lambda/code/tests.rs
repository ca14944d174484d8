#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use zip::write::SimpleFileOptions;

use super::*;

/// What happens to a folder, in words and in deed.
type Change = (&'static str, fn(&Path));

fn zip(files: &[(&str, &str)]) -> Bytes {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).unix_permissions(0o755);
    for (name, content) in files {
        writer.start_file(*name, stored).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    Bytes::from(writer.finish().unwrap().into_inner())
}

fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_changed_folder_is_never_used_again() {
    let root = tempfile::tempdir().unwrap();
    let code = Code::from_zip(zip(&[("bootstrap", "true"), ("library/a.txt", "a")]), root.path()).unwrap();
    let changes: [Change; 6] = [
        ("other content", |folder| fs::write(folder.join("bootstrap"), "evil").unwrap()),
        ("content of the same length", |folder| fs::write(folder.join("library/a.txt"), "b").unwrap()),
        ("another file", |folder| fs::write(folder.join("library/b.txt"), "").unwrap()),
        ("a missing file", |folder| fs::remove_file(folder.join("bootstrap")).unwrap()),
        ("another mode", |folder| {
            fs::set_permissions(folder.join("bootstrap"), fs::Permissions::from_mode(0o700)).unwrap()
        }),
        ("a link", |folder| {
            fs::rename(folder.join("library"), folder.join("../library")).unwrap();
            std::os::unix::fs::symlink("../library", folder.join("library")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let first = code.folder().await.unwrap();
        assert_eq!(code.folder().await.unwrap().path(), first.path(), "{what}: it is shared while intact");
        change(first.path());
        let second = code.folder().await.unwrap();
        assert_ne!(second.path(), first.path(), "{what}");
        assert_eq!(fs::read_to_string(second.path().join("bootstrap")).unwrap(), "true", "{what}");
        assert!(first.path().is_dir(), "{what}: processes may still run in it");
    }
}

#[tokio::test]
async fn what_others_left_is_not_used() {
    let root = tempfile::tempdir().unwrap();
    let code = Code::from_zip(zip(&[("bootstrap", "true")]), root.path()).unwrap();
    let planted = root.path().join(code.digest());
    fs::create_dir(&planted).unwrap();
    fs::write(planted.join("bootstrap"), "evil").unwrap();
    let folder = code.folder().await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("bootstrap")).unwrap(), "true");
    fs::create_dir(root.path().join("own-project")).unwrap();
    clean(root.path());
    assert_eq!(names(root.path()), ["own-project"]);
}

#[tokio::test]
async fn a_failed_unpacking_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let damaged = zip(&[("first", "whole"), ("second", "damaged")]);
    let at = damaged.windows(7).position(|bytes| bytes == b"damaged").unwrap();
    let mut damaged = damaged.to_vec();
    damaged[at] = b'D';
    for zip in [zip(&[("a", "file"), ("a/b", "in it")]), Bytes::from(damaged)] {
        let code = Code::from_zip(zip, root.path()).unwrap();
        let error = code.folder().await.unwrap_err();
        assert!(error.to_string().contains(root.path().to_str().unwrap()), "{error}");
        assert_eq!(names(root.path()), [""; 0]);
    }
    // A root that cannot be made, as on a full disk.
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let code = Code::from_zip(zip(&[("bootstrap", "true")]), &file.join("functions")).unwrap();
    code.folder().await.unwrap_err();
}

#[tokio::test]
async fn a_folder_goes_with_its_last_user() {
    let root = tempfile::tempdir().unwrap();
    let code = Code::from_zip(zip(&[("bootstrap", "true")]), root.path()).unwrap();
    let used = code.folder().await.unwrap();
    drop(code);
    assert!(used.path().is_dir());
    drop(used);
    assert_eq!(names(root.path()), [""; 0]);
}
