//! A rules file, and what is found in it.

#![no_main]

use incident_model::{Rules, rules};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let report = rules::check(text);
    // Both read the file: one cannot find it unreadable while the other uses it.
    let is_refused = report.problems.iter().any(|problem| problem.level == rules::Level::Unreadable);
    assert_eq!(Rules::parse(text).is_err(), is_refused);
});
