//! EC2: volumes, snapshots, images, fleets, and the Auto Scaling groups that launch instances.

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    match envelope.detail_type.as_str() {
        kind if kind.starts_with("EBS ") => volume(envelope),
        "EC2 AMI State Change" => image(envelope),
        "EC2 Instance State-change Notification" => {
            let state = envelope.text("/state");
            envelope.ignored(envelope.text("/instance-id"), format!("an instance in {state} is not a failure"))
        }
        "EC2 Spot Instance Interruption Warning" | "EC2 Instance Rebalance Recommendation" => {
            envelope.ignored(envelope.text("/instance-id"), "the capacity is being reclaimed; its group replaces it")
        }
        kind if kind.ends_with("Fleet Error") => fleet_error(envelope),
        _ => super::generic::observe(envelope),
    }
}

fn volume(envelope: &Envelope) -> Observation {
    let resource = name(envelope.first_resource());
    let event = envelope.text("/event");
    match verdict(envelope.text("/result")) {
        Verdict::Failed => envelope.failure(resource, &format!("{event} failed"), envelope.text("/cause")),
        _ => envelope.by_status(resource, envelope.text("/result"), ""),
    }
    .with("event", event)
    .request(envelope.text("/request-id"))
}

fn image(envelope: &Envelope) -> Observation {
    let image = envelope.first_text(&["/ImageId"]);
    match envelope.text("/State") {
        "deregistered" | "disabled" => envelope.ignored(image, "the image was taken out of use"),
        state => envelope.by_status(image, state, envelope.text("/ErrorMessage")),
    }
    .request(envelope.text("/RequestId"))
}

fn fleet_error(envelope: &Envelope) -> Observation {
    envelope.failure(name(envelope.first_resource()), envelope.text("/sub-type"), envelope.text("/description"))
}

/// Auto Scaling, from EventBridge and in its older SNS form (`autoscaling:EC2_INSTANCE_LAUNCH_ERROR`).
pub(super) fn auto_scaling(envelope: &Envelope) -> Observation {
    let group = envelope.text("/AutoScalingGroupName");
    let kind = envelope.detail_type.as_str();
    if kind == "autoscaling:TEST_NOTIFICATION" {
        return envelope.ignored(group, "a test notification");
    }
    let message = envelope.first_text(&["/StatusMessage", "/Description", "/Cause"]);
    if verdict(kind) == Verdict::Failed {
        let error_type = kind.strip_prefix("autoscaling:").unwrap_or(kind);
        return envelope
            .failure(group, error_type, message)
            .request(envelope.first_text(&["/RequestId", "/ActivityId"]));
    }
    match verdict(envelope.first_text(&["/StatusCode", "/Status"])) {
        Verdict::Failed => envelope.failure(group, envelope.first_text(&["/StatusCode", "/Status"]), message),
        _ => envelope.ignored(group, format!("{kind} is not a failure")),
    }
}
