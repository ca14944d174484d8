//! A rules file and its findings.

#![no_main]

use incident_model::{Rules, rules};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let report = rules::check(text);
    // Both parse the file: they must agree on whether it is readable.
    let is_refused = report.problems.iter().any(|problem| problem.level == rules::Level::Unreadable);
    assert_eq!(Rules::parse(text).is_err(), is_refused);
});
