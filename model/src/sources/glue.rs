//! Glue jobs and crawlers. The event's `severity` is unreliable: a timeout is a `WARN`.

use super::envelope::Envelope;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let resource = envelope.first_text(&["/jobName", "/crawlerName", "/databaseName"]);
    let state = envelope.text("/state");
    if resource.is_empty() || state.is_empty() {
        return super::generic::observe(envelope);
    }
    let message = envelope.first_text(&["/errorMessage", "/message"]);
    envelope.by_status(resource, state, message).request(envelope.text("/jobRunId"))
}
