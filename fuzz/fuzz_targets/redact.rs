//! Redaction: a planted key never survives.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let redacted = incident_model::redact(text);
    let key = "AKIAIOSFODNN7EXAMPLE";
    assert!(!incident_model::redact(&format!("{text} {key} {redacted}")).contains(key));
});
