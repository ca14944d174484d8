//! AWS Health: AWS's own status reports.

use super::envelope::Envelope;
use crate::arn::{self, Arn};
use crate::fields::text;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    // Mock events have another source.
    let envelope = &Envelope { source: "aws.health".to_owned(), ..envelope.clone() };
    let code = envelope.text("/eventTypeCode");
    let resource = match envelope.first_text(&["/affectedEntities/0/entityValue"]) {
        "" if envelope.first_resource().is_empty() => envelope.text("/service"),
        "" => envelope.first_resource(),
        entity => entity,
    };
    let resource = if Arn::parse(resource).is_some() { arn::lasting_name(resource) } else { resource };
    let message = text(&envelope.detail, "/eventDescription/0/latestDescription");
    let observation = match envelope.text("/eventTypeCategory") {
        _ if envelope.text("/statusCode") == "closed" => envelope.success(resource, "closed"),
        // Abuse by the account's resources, and leaked keys, whatever category AWS assigns.
        _ if is_abuse(envelope) => envelope.failure(resource, code, message),
        "issue" | "scheduledChange" | "investigation" => envelope.failure(resource, code, message),
        category => envelope.ignored(resource, format!("{category} is informational")),
    };
    let event = envelope.text("/eventArn");
    // Updates of one event have other texts.
    let observation = if event.is_empty() { observation } else { observation.grouped_by(event) };
    observation
        .with("category", envelope.text("/eventTypeCategory"))
        .with("service", envelope.text("/service"))
        .with("event_arn", event)
}

fn is_abuse(envelope: &Envelope) -> bool {
    envelope.detail_type == "AWS Health Abuse Event" || matches!(envelope.text("/service"), "ABUSE" | "RISK")
}
