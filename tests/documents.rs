//! What the documents call a proof is one: the tests and files that they name exist.

use std::path::Path;

use regex::Regex;

use crate::harness::{TestResult, repository};

/// The folders with tests.
const FOLDERS: [&str; 6] = ["src", "deploy", "model", "handler", "local", "tests"];

#[test]
fn every_test_that_a_document_names_exists() -> TestResult {
    let mut code = String::new();
    for folder in FOLDERS {
        read(&repository(folder), &mut code)?;
    }
    let test = Regex::new("`([a-z0-9]+(?:_[a-z0-9]+){3,})`")?;
    let file = Regex::new(r"`((?:tests|model|handler|local|src|deploy)/[a-z0-9_/-]+(?:\.rs)?)`")?;
    for document in ["docs/security.md", "docs/guarantees.md"] {
        let text = std::fs::read_to_string(repository(document))?;
        let named: Vec<_> = test.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        assert!(named.len() > 5, "{document} names {named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
        assert!(missing.is_empty(), "{document} names tests that do not exist: {missing:#?}");
        let files = file.captures_iter(&text).map(|found| found[1].to_owned());
        let missing: Vec<_> = files.filter(|path| !repository(path).exists()).collect();
        assert!(missing.is_empty(), "{document} names files that do not exist: {missing:#?}");
    }
    Ok(())
}

/// Appends the Rust code of a folder.
fn read(folder: &Path, code: &mut String) -> TestResult {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            read(&path, code)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
