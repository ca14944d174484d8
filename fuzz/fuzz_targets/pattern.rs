//! A pattern and an event in one list: a match has no explanation, a mismatch has one.

#![no_main]

use incident_model::Pattern;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(Value::Array(parts)) = serde_json::from_slice(bytes) else { return };
    let [pattern, other, event] = parts.as_slice() else { return };
    let Ok(pattern) = Pattern::from_value(pattern) else { return };
    assert_eq!(pattern.matches(event), pattern.mismatch(event).is_none());
    let _ = pattern.contradicts_itself();
    if let Ok(other) = Pattern::from_value(other)
        && pattern.covers(&other)
        && other.matches(event)
    {
        assert!(pattern.matches(event));
    }
});
