//! Systems Manager: commands, automations, associations, compliance.

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let status = envelope.first_text(&["/Status", "/status", "/compliance-status", "/detailed-status"]);
    if status.is_empty() {
        return super::generic::observe(envelope);
    }
    let resource = envelope.first_text(&[
        "/Definition",
        "/document-name",
        "/association-name",
        "/association-id",
        "/resource-id",
        "/instance-id",
    ]);
    let resource = if resource.is_empty() { name(envelope.first_resource()) } else { resource };
    let message = match envelope.first_text(&["/FailureMessage", "/status-details", "/compliance-type"]) {
        "" => format!("{} ended as {status}", envelope.detail_type),
        message => message.to_owned(),
    };
    envelope
        .by_status(resource, status, &message)
        .request(envelope.first_text(&["/ExecutionId", "/command-id"]))
        .with("instance", envelope.first_text(&["/instance-id", "/resource-id"]))
}
