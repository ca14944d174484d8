//! EMR clusters, their instance groups and steps. The field `severity` is EMR's rating of a change, not its outcome.

use super::envelope::Envelope;
use crate::fields::scalar;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let state = envelope.text("/state");
    if state.is_empty() || !envelope.detail_type.starts_with("EMR ") {
        return super::generic::observe(envelope);
    }
    let cluster = envelope.first_text(&["/clusterId", "/name"]);
    let is_step = envelope.detail_type.starts_with("EMR Step");
    let resource = match envelope.text("/name") {
        "" => cluster.to_owned(),
        step if is_step => format!("{cluster}/{step}"),
        name => name.to_owned(),
    };
    let reason = crate::json::from_str(envelope.text("/stateChangeReason")).unwrap_or_default();
    let (code, why) = (scalar(&reason, "/code"), scalar(&reason, "/message"));
    let message = if why.is_empty() { envelope.text("/message") } else { &why };
    // A cluster that finished or was stopped ends as TERMINATED, a failed one as TERMINATED_WITH_ERRORS.
    envelope
        .by_status(&resource, state, message)
        .request(envelope.first_text(&["/stepId", "/instanceGroupId", "/clusterId"]))
        .with("cluster", envelope.text("/clusterId"))
        .with("code", code)
}
