//! CloudTrail: failed and denied calls, and failed sign-ins.

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
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

fn message(caller: &str, said: &str) -> String {
    match (caller, said) {
        ("", said) => said.to_owned(),
        (caller, "") => format!("denied for {caller}"),
        (caller, said) => format!("{said} (called by {caller})"),
    }
}
