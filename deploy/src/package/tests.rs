#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{Cursor, Read};
use std::time::{Duration, SystemTime};

use super::*;

/// This test program itself: a real ELF file of the machine that runs the tests.
fn own_program() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

#[test]
fn the_same_input_gives_the_same_zip() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("handler"), "program").unwrap();
    let handler = File::open(folder.path().join("handler")).unwrap();
    let files = [("bootstrap", Content::File(&handler)), ("severity-rules.yaml", Content::Text("rules"))];
    let bytes = archive::pack(&files).unwrap();
    assert_eq!(bytes, archive::pack(&files).unwrap());
    assert_eq!(bytes, archive::pack(&[("bootstrap", Content::Text("program")), files[1]]).unwrap());
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["bootstrap", "severity-rules.yaml"]);
    let mut bootstrap = zip.by_name("bootstrap").unwrap();
    assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
    let mut content = String::new();
    bootstrap.read_to_string(&mut content).unwrap();
    assert_eq!(content, "program");
}

#[test]
fn a_zip_is_kept_until_its_contents_change() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("handler.zip");
    let old = [("bootstrap", Content::Text("old"))];
    let new = [("bootstrap", Content::Text("new"))];
    let bytes = archive::pack_once(&old, &kept).unwrap();
    assert_eq!(bytes, archive::pack(&old).unwrap());
    // A prefix, which zip readers skip, shows that the file is read and not packed again.
    std::fs::write(&kept, [b"kept".as_slice(), &bytes].concat()).unwrap();
    assert!(archive::pack_once(&old, &kept).unwrap().starts_with(b"kept"));
    let renewed = archive::pack_once(&new, &kept).unwrap();
    assert_eq!(renewed, archive::pack(&new).unwrap());
    assert_eq!(std::fs::read(&kept).unwrap(), renewed);
    std::fs::write(&kept, b"damaged").unwrap();
    assert_eq!(archive::pack_once(&new, &kept).unwrap(), renewed);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn versions_of_the_c_library_are_compared_as_numbers() {
    for (name, expected) in
        [("GLIBC_2.34", Some((2, 34))), ("GLIBC_2.2.5", Some((2, 2))), ("GLIBC_PRIVATE", None), ("GCC_3.0", None)]
    {
        assert_eq!(binary::glibc_version(name.as_bytes()), expected, "{name}");
    }
    assert!((2, 4) < (2, 34));
}

#[test]
fn a_program_of_this_machine_is_recognised() {
    let expected = if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
    match binary::check(own_program().as_slice()) {
        Ok(architecture) => assert_eq!(architecture, expected),
        // A machine newer than Amazon Linux 2023 builds tests that would not run there.
        Err(error) => assert!(matches!(error, BinaryError::Glibc(version) if version > (2, 34)), "{error}"),
    }
}

#[test]
fn what_lambda_could_not_run_is_refused() {
    let mut other_machine = own_program();
    other_machine[18..20].copy_from_slice(&243u16.to_le_bytes());
    let mut object_file = own_program();
    object_file[16..18].copy_from_slice(&1u16.to_le_bytes());
    let mut narrow = own_program();
    narrow[4] = 1;
    for (data, expected) in [
        (b"#!/bin/sh\n".to_vec(), BinaryError::NotLinux),
        (Vec::new(), BinaryError::NotLinux),
        (narrow, BinaryError::NotLinux),
        (other_machine, BinaryError::Machine(243)),
        (object_file, BinaryError::NotAProgram),
    ] {
        assert_eq!(binary::check(data.as_slice()), Err(expected));
    }
    let cut = &own_program()[..4096];
    assert!(matches!(binary::check(cut), Err(BinaryError::Damaged(_))));
}

#[test]
fn a_newer_source_makes_the_handler_stale() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let write = |path: &str, age: u64| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        let time = SystemTime::now() - Duration::from_secs(age);
        std::fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    };
    write("handler/Cargo.toml", 100);
    write("model/src/lib.rs", 100);
    write("target/CACHEDIR.TAG", 100);
    let checkout = find::Checkout::of(&root.join("target/debug/incidentctl"), root).unwrap();
    let handler = root.join("target/debug/incident-handler");
    assert!(!checkout.is_fresh(&handler));
    write("target/debug/incident-handler", 50);
    assert!(checkout.is_fresh(&handler));
    write("model/src/lib.rs", 10);
    assert!(!checkout.is_fresh(&handler));
    assert_eq!(find::Checkout::of(Path::new("/usr/bin/incidentctl"), root), None);
    assert!(find::Checkout::installed_from(root).is_some(), "`cargo install --path .` leaves the checkout behind");
    assert_eq!(find::Checkout::installed_from(Path::new("/nowhere")), None);
}

#[test]
fn aws_gets_the_small_handler_and_an_emulator_the_quick_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for file in ["handler/Cargo.toml", "model/lib.rs", "target/CACHEDIR.TAG"] {
        std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        std::fs::write(root.join(file), "").unwrap();
    }
    let [quick, small] = ["debug", "handler"].map(|folder| root.join("target").join(folder).join("incident-handler"));
    for program in ["target/debug/incidentctl", "target/release/incidentctl"] {
        let checkout = find::Checkout::of(&root.join(program), root).unwrap();
        for (endpoint, expected) in [
            (None, &small),
            (Some("https://lambda.eu-central-1.amazonaws.com"), &small),
            (Some("http://127.0.0.1:4566"), &quick),
        ] {
            assert_eq!(checkout.path(Destination::of(endpoint)), *expected, "{program} {endpoint:?}");
        }
    }
    std::fs::create_dir_all(small.parent().unwrap()).unwrap();
    std::fs::write(&small, "built later than its sources").unwrap();
    let optimised = find::Checkout::of(&root.join("target/release/incidentctl"), root).unwrap();
    assert_eq!(optimised.path(Destination::Emulator), small, "the very one that AWS gets");
    let plain = find::Checkout::of(&root.join("target/debug/incidentctl"), root).unwrap();
    assert_eq!(plain.path(Destination::Emulator), quick);
}

#[test]
fn the_handler_is_built_from_the_checkout_of_this_program() {
    let root = find::checkout_root();
    assert!(root.join("handler/Cargo.toml").is_file(), "{}", root.display());
    assert!(root.join("templates/incident-stack.yaml").is_file(), "{}", root.display());
}
