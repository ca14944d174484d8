//! DevOps Guru's insights. <https://docs.aws.amazon.com/devops-guru/latest/userguide/working-with-eventbridge.html>

use super::envelope::Envelope;
use crate::arn::lasting_name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let insight = envelope.text("/insightId");
    let resource = lasting_name(envelope.first_text(&[
        "/resourceCollection/cloudFormation/stackNames/0",
        "/anomalies/0/sourceDetails/0/dataIdentifiers/dimensions/0/value",
        "/insightId",
    ]));
    let observation = match envelope.detail_type.as_str() {
        "DevOps Guru Insight Closed" => envelope.success(resource, "a closed insight"),
        "DevOps Guru New Insight Open" | "DevOps Guru Insight Severity Upgraded" => {
            envelope.failure(resource, envelope.text("/insightType"), envelope.text("/insightDescription"))
        }
        "DevOps Guru New Anomaly Association" | "DevOps Guru New Recommendation Created" => {
            envelope.ignored(resource, "news of an insight that is open")
        }
        _ => return super::generic::observe(envelope),
    };
    observation.with("severity", envelope.text("/insightSeverity")).request(insight)
}
