//! A rules file, and what is found in it.

#![no_main]

use incident_model::Rules;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(rules) = Rules::parse(text) {
        let _ = rules.problems();
    }
});
