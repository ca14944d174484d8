//! Normalises messages.

#![no_main]

libfuzzer_sys::fuzz_target!(|message: &str| {
    let normal = incident_model::normalise::normalise(message);
    assert!(normal.chars().count() <= 4000);
});
