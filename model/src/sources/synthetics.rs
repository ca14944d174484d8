//! CloudWatch Synthetics canaries.

use super::envelope::Envelope;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let canary = envelope.first_text(&["/canary-name", "/canaryName"]);
    // `message` is about the report, not the run.
    let message = envelope.first_text(&["/state-reason", "/message", "/test-run-status"]).trim_matches(['"', ' ']);
    match envelope.detail_type.as_str() {
        "Synthetics Canary TestRun Failure" => {
            envelope.failure(canary, "TestRunFailure", message).request(envelope.text("/canary-run-id"))
        }
        "Synthetics Canary TestRun Successful" => envelope.success(canary, "a successful run"),
        _ => envelope.by_status(canary, envelope.first_text(&["/current-state", "/state", "/status"]), message),
    }
}
