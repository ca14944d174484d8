//! Trusted Advisor's checks. <https://docs.aws.amazon.com/awssupport/latest/user/cloudwatch-events-ta.html>

use super::envelope::Envelope;
use crate::arn::lasting_name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let check = envelope.text("/check-name");
    if check.is_empty() {
        return super::generic::observe(envelope);
    }
    let resource = match envelope.first_text(&["/check-item-detail/User Name (IAM or Root)", "/resource_id"]) {
        "" => check,
        resource => lasting_name(resource),
    };
    // A check has three colours: OK, WARN and ERROR.
    match envelope.text("/status") {
        status @ ("ERROR" | "WARN") => envelope.failure(resource, status, check),
        status => envelope.by_status(resource, status, check),
    }
    .with("check", check)
    .with("access_key", envelope.text("/check-item-detail/Access Key ID"))
}
