//! CodeBuild. A failed build sends an event for the phase and one for the build, which count as one failure.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, text};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let project = envelope.text("/project-name");
    let status = envelope.first_text(&["/build-status", "/completed-phase-status"]);
    let build = envelope.text("/build-id");
    let is_phase = envelope.text("/build-status").is_empty();
    let observation = match verdict(status) {
        Verdict::Failed | Verdict::Stopped => {
            let id = format!("{build}#{status}");
            let id = if build.is_empty() { envelope.event_id.clone() } else { id };
            envelope.failure(project, status, &cause(envelope, status)).grouped_by("").counted_as(id)
        }
        _ if is_phase => envelope.ignored(project, "a phase that did not fail"),
        _ => envelope.by_status(project, status, ""),
    };
    observation.request(name(build)).with("log", envelope.text("/additional-information/logs/deep-link"))
}

/// The failing phase and its message.
fn cause(envelope: &Envelope, status: &str) -> String {
    let phases = elements(&envelope.detail, "/additional-information/phases");
    let failed = phases.iter().find(|phase| verdict(text(phase, "/phase-status")) == Verdict::Failed);
    match failed {
        Some(phase) => {
            let context: Vec<_> = elements(phase, "/phase-context").iter().filter_map(Value::as_str).collect();
            format!(
                "phase {} ended as {}: {}",
                text(phase, "/phase-type"),
                text(phase, "/phase-status"),
                context.join(" ")
            )
        }
        None => format!("the build ended as {status}"),
    }
}
