//! Deliveries that ended in a dead-letter queue: an event path is broken.

use super::envelope::Envelope;
use crate::arn;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let resource = arn::name(envelope.text("/resource"));
    let code = match envelope.text("/errorCode") {
        "" => "DeadLetter",
        code => code,
    };
    let target = envelope.text("/target");
    let message = match (envelope.text("/errorMessage"), target) {
        ("", "") => "a message could not be processed and was moved to the dead-letter queue".to_owned(),
        (message, "") => message.to_owned(),
        (message, target) => format!("delivery to {} failed: {message}", arn::name(target)),
    };
    envelope
        .failure(resource, code, &message)
        .with("target", target)
        .with("attempts", envelope.text("/retryAttempts"))
        .with("condition", "DeadLetter")
}

/// An unreadable record among readable ones. Its meaning is unknown, so it counts as a failure.
pub(super) fn unreadable(envelope: &Envelope) -> Observation {
    let observation = envelope
        .failure(arn::name(envelope.first_resource()), "UnreadableRecord", envelope.text("/reason"))
        .request(envelope.text("/messageId"));
    let named = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    Observation {
        source: named(observation.source, "unknown"),
        resource: named(observation.resource, "a batch of records"),
        ..observation
    }
}
