//! CodePipeline. A failure sends three events, for the action, the stage and the pipeline, which count as one.

use super::envelope::Envelope;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let pipeline = envelope.text("/pipeline");
    let state = envelope.text("/state");
    let execution = envelope.text("/execution-id");
    let is_part = !envelope.detail_type.contains("Pipeline Execution");
    let observation = match verdict(state) {
        Verdict::Failed => {
            let id = if execution.is_empty() {
                envelope.event_id.clone()
            } else {
                format!("{pipeline}#{execution}#{state}")
            };
            envelope.failure(pipeline, state, &cause(envelope, state)).grouped_by("").counted_as(id)
        }
        Verdict::Succeeded if is_part => envelope.ignored(pipeline, "a stage or an action that succeeded"),
        _ => envelope.by_status(pipeline, state, ""),
    };
    observation.request(execution).with("stage", envelope.text("/stage")).with("action", envelope.text("/action"))
}

fn cause(envelope: &Envelope, state: &str) -> String {
    let summary =
        envelope.first_text(&["/execution-result/external-execution-summary", "/execution-result/error-code"]);
    let place: String = [("stage", envelope.text("/stage")), ("action", envelope.text("/action"))]
        .into_iter()
        .filter(|(_, name)| !name.is_empty())
        .map(|(kind, name)| format!("{kind} {name} "))
        .collect();
    let place = if place.is_empty() { "the execution ".to_owned() } else { place };
    format!("{place}ended as {state}{}{summary}", if summary.is_empty() { "" } else { ": " })
}
