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
        "" => format!("{} ended as {status}", subject(&envelope.detail_type)),
        message => message.to_owned(),
    };
    envelope
        .by_status(resource, status, &message)
        .request(envelope.first_text(&["/ExecutionId", "/command-id"]))
        .with("instance", envelope.first_text(&["/instance-id", "/resource-id"]))
        .with("aspect", envelope.text("/compliance-type"))
}

/// The subject of a notification: `EC2 Automation Execution` of `EC2 Automation Execution Status-change Notification`.
fn subject(detail_type: &str) -> &str {
    [" Status-change Notification", " State-change Notification", " State Change"]
        .iter()
        .find_map(|end| detail_type.strip_suffix(end))
        .unwrap_or(detail_type)
}
