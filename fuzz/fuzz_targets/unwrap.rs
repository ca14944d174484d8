//! Unwraps events from any delivery.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(delivery) = incident_model::read(bytes) else { return };
    for seen in incident_model::observe(&delivery).unwrap_or_default() {
        assert!(!seen.event_id.is_empty());
    }
});
