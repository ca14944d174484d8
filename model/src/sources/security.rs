//! Findings: GuardDuty, Security Hub, Macie.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, first_text, text};
use crate::observation::Observation;

pub(super) fn guard_duty(envelope: &Envelope) -> Observation {
    // Some forwarders drop the source.
    let envelope = &Envelope { source: "aws.guardduty".to_owned(), ..envelope.clone() };
    if envelope.detail_type.contains("Malware Protection") {
        return malware_scan(envelope);
    }
    let kind = envelope.text("/type");
    if kind.is_empty() && envelope.text("/title").is_empty() {
        return super::generic::observe(envelope);
    }
    let resource = match envelope.first_text(&[
        "/resource/instanceDetails/instanceId",
        "/resource/accessKeyDetails/userName",
        "/resource/s3BucketDetails/0/name",
        "/resource/eksClusterDetails/name",
        "/resource/lambdaDetails/functionName",
    ]) {
        "" => envelope.text("/accountId"),
        resource => resource,
    };
    if envelope.detail.pointer("/service/archived") == Some(&Value::Bool(true)) {
        return envelope.ignored(resource, "the finding is archived");
    }
    let message = envelope.first_text(&["/title", "/description"]);
    let severity = envelope.detail.get("severity").cloned().unwrap_or_default();
    let mut observation =
        envelope.failure(resource, kind, message).with("severity", severity).request(envelope.text("/id"));
    if observation.account.is_empty() {
        observation.account = envelope.text("/accountId").to_owned();
    }
    observation
}

fn malware_scan(envelope: &Envelope) -> Observation {
    let bucket = envelope.first_text(&["/s3ObjectDetails/bucketName", "/resourceArn"]);
    let result = envelope.first_text(&["/scanResultDetails/scanResultStatus", "/scanResultDetails/scanResult"]);
    let threat = text(&envelope.detail, "/scanResultDetails/threats/0/name");
    match result {
        "THREATS_FOUND" | "INFECTED" => {
            let key = envelope.text("/s3ObjectDetails/objectKey");
            envelope.failure(bucket, result, &format!("{threat} in {key}")).with("severity", 8)
        }
        _ => envelope.by_status(bucket, envelope.text("/scanStatus"), result),
    }
}

/// One event may hold many findings; each is judged alone.
pub(super) fn security_hub(envelope: &Envelope) -> Vec<Observation> {
    let findings = elements(&envelope.detail, "/findings");
    if findings.is_empty() {
        return vec![super::generic::observe(envelope)];
    }
    findings.iter().map(|finding| security_hub_finding(envelope, finding)).collect()
}

fn security_hub_finding(envelope: &Envelope, finding: &Value) -> Observation {
    let resource = name(text(finding, "/Resources/0/Id"));
    let severity = text(finding, "/Severity/Label").to_ascii_uppercase();
    let workflow = first_text(finding, &["/Workflow/Status", "/WorkflowState"]);
    let id = text(finding, "/Id");
    let reason = if matches!(workflow, "SUPPRESSED" | "RESOLVED") {
        Some(format!("the finding is {workflow}"))
    } else if text(finding, "/RecordState") == "ARCHIVED" {
        Some("the finding is archived".to_owned())
    } else if text(finding, "/Compliance/Status") == "PASSED" {
        Some("the check passed".to_owned())
    } else if severity == "INFORMATIONAL" {
        Some("the finding is informational".to_owned())
    } else {
        None
    };
    let observation = match reason {
        Some(reason) => envelope.ignored(resource, reason),
        None => envelope.failure(resource, text(finding, "/GeneratorId"), text(finding, "/Title")),
    };
    // Findings are imported again whenever they are updated.
    let updated = text(finding, "/UpdatedAt");
    let observation = if id.is_empty() { observation } else { observation.counted_as(format!("{id}#{updated}")) };
    observation.with("severity", severity).with("product", text(finding, "/ProductName"))
}

pub(super) fn macie(envelope: &Envelope) -> Observation {
    let bucket = envelope.first_text(&["/resourcesAffected/s3Bucket/name", "/actor"]);
    let kind = envelope.first_text(&["/type", "/name"]);
    if kind.is_empty() {
        return super::generic::observe(envelope);
    }
    let message = envelope.first_text(&["/title", "/description", "/summary/Description"]);
    envelope
        .failure(bucket, kind, message)
        .with("severity", envelope.first_text(&["/severity/description"]).to_ascii_uppercase())
}
