//! CloudTrail: failed and denied calls, and failed sign-ins.

use super::envelope::Envelope;
use crate::arn::{lasting_name, name};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    if envelope.detail_type == "AWS Service Event via CloudTrail" {
        return service_event(envelope);
    }
    let service = envelope.text("/eventSource");
    let service = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    let call = envelope.text("/eventName");
    let resource = if service.is_empty() { call.to_owned() } else { format!("{service}:{call}") };
    let caller = name(envelope.first_text(&[
        "/userIdentity/arn",
        "/userIdentity/userName",
        "/userIdentity/invokedBy",
        "/userIdentity/type",
    ]));
    let said = envelope.first_text(&["/errorMessage", "/responseElements/errorMessage"]);
    let observation = match (envelope.text("/errorCode"), envelope.text("/responseElements/ConsoleLogin")) {
        ("", "Failure") => envelope.failure(&resource, "ConsoleLoginFailure", &message(caller, said)),
        ("", _) => envelope.ignored(&resource, "a call that succeeded"),
        (code, _) => envelope.failure(&resource, code, &message(caller, said)),
    };
    observation.request(envelope.text("/requestID")).with("caller", caller)
}

/// What a service did by itself. Only what failed is of interest: `RotationFailed` of Secrets Manager has a message and
/// no code. <https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail_entries.html>
fn service_event(envelope: &Envelope) -> Observation {
    let event = envelope.text("/eventName");
    let resource = match envelope.first_text(&[
        "/additionalEventData/SecretId",
        "/serviceEventDetails/resource",
        "/requestParameters/secretId",
    ]) {
        "" => event,
        resource => resource.rsplit_once(":secret:").map_or_else(|| lasting_name(resource), |(_, secret)| secret),
    };
    let said = envelope.text("/errorMessage");
    match envelope.text("/errorCode") {
        "" if verdict(event) == Verdict::Failed => envelope.failure(resource, event, said),
        "" if verdict(event) == Verdict::Succeeded => envelope.success(resource, event),
        "" => envelope.ignored(resource, format!("{event} is not a failure")),
        code => envelope.failure(resource, code, said),
    }
    .with("event", event)
}

fn message(caller: &str, said: &str) -> String {
    match (caller, said) {
        ("", said) => said.to_owned(),
        (caller, "") => format!("denied for {caller}"),
        (caller, said) => format!("{said} (called by {caller})"),
    }
}
