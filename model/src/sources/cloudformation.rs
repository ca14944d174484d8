//! CloudFormation stacks, resources and stack sets. A failed update sends several events (rollback starts, rollback
//! ends): they share an error type, and so a fingerprint.

use super::envelope::Envelope;
use crate::arn::Arn;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let status = envelope.first_text(&["/status-details/status", "/status-details/stack-drift-status"]);
    if status.is_empty() {
        return super::generic::observe(envelope);
    }
    let stack = stack_name(envelope.first_text(&["/stack-id", "/stack-set-arn"]));
    let is_resource = envelope.detail_type.contains("Resource");
    let reason = envelope.first_text(&["/status-details/status-reason", "/status-details/detection-status-reason"]);
    let resource_id = envelope.text("/logical-resource-id");
    let message = match (reason, is_resource) {
        ("", _) if envelope.detail_type.contains("StackSet Operation") => {
            format!("the operation {} of the stack set ended as {status}", envelope.text("/action"))
        }
        ("", _) => format!("the stack is in {status}"),
        (reason, true) => format!("{resource_id}: {reason}"),
        (reason, false) => reason.to_owned(),
    };
    let observation = match verdict(status) {
        Verdict::Failed => envelope.failure(stack, error_type(status), &message),
        Verdict::Succeeded if is_resource => envelope.ignored(stack, "a resource of the stack is done"),
        _ => envelope.by_status(stack, status, &message),
    };
    let observation = if is_resource { observation } else { observation.grouped_by("") };
    observation.with("status", status).with("logical_resource_id", resource_id).with("aspect", aspect(envelope))
}

/// The aspect of a stack; empty for the stack itself and its resources, which end together.
fn aspect(envelope: &Envelope) -> &'static str {
    let kind = &envelope.detail_type;
    match () {
        () if kind.contains("Drift") => "drift",
        () if kind.contains("StackSet") => "stack set",
        () => "",
    }
}

/// `UPDATE_ROLLBACK` for all of its phases.
fn error_type(status: &str) -> &str {
    match status.find("ROLLBACK") {
        Some(at) if !status.ends_with("_FAILED") => &status[..at + "ROLLBACK".len()],
        _ => status,
    }
}

/// `name` of `arn:…:stack/name/id`.
fn stack_name(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or(arn, |arn| arn.resource);
    let after_kind = resource.split_once('/').map_or(resource, |(_, name)| name);
    after_kind.split(['/', ':']).next().unwrap_or(after_kind)
}
