//! Findings: GuardDuty, Security Hub, Macie.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, first_text, scalar, text};
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

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
        "/resource/rdsDbInstanceDetails/dbInstanceIdentifier",
        "/resource/rdsLimitlessDbDetails/dbShardGroupIdentifier",
        "/resource/ecsClusterDetails/name",
        "/resource/containerDetails/name",
        "/resource/ebsVolumeDetails/scannedVolumeDetails/0/volumeArn",
    ]) {
        "" => envelope.text("/accountId"),
        resource => name(resource),
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
    let key = envelope.text("/s3ObjectDetails/objectKey");
    match result {
        "THREATS_FOUND" | "INFECTED" => {
            envelope.failure(bucket, result, &format!("{threat} in {key}")).with("severity", 8)
        }
        _ => envelope.by_status(bucket, envelope.text("/scanStatus"), result),
    }
    .with("aspect", key)
}

/// One event may contain several findings; each is judged separately.
pub(super) fn security_hub(envelope: &Envelope) -> Vec<Observation> {
    let findings = elements(&envelope.detail, "/findings");
    if findings.is_empty() {
        return vec![super::generic::observe(envelope)];
    }
    let finding = |finding| match envelope.detail_type.ends_with("V2") {
        true => security_hub_finding_v2(envelope, finding),
        false => security_hub_finding(envelope, finding),
    };
    findings.iter().map(finding).collect()
}

/// A finding in OCSF, the format of Security Hub's second version:
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-v2-findings-ocsf.html>.
fn security_hub_finding_v2(envelope: &Envelope, finding: &Value) -> Observation {
    let resource = name(first_text(finding, &["/resources/0/name", "/resources/0/uid"]));
    let severity = first_text(finding, &["/vendor_attributes/severity", "/severity"]).to_ascii_uppercase();
    let id = first_text(finding, &["/finding_info/uid", "/metadata/uid"]);
    let observation = match text(finding, "/status") {
        status @ ("Suppressed" | "Resolved" | "Archived" | "Deleted") => {
            envelope.ignored(resource, format!("the finding is {}", status.to_ascii_lowercase()))
        }
        _ if matches!(severity.as_str(), "INFORMATIONAL" | "UNKNOWN") => {
            envelope.ignored(resource, "the finding is informational")
        }
        _ => {
            let kind = first_text(finding, &["/finding_info/types/0", "/class_name"]);
            envelope.failure(resource, kind, first_text(finding, &["/finding_info/title", "/finding_info/desc"]))
        }
    };
    let updated = scalar(finding, "/finding_info/modified_time");
    let observation = if id.is_empty() { observation } else { observation.counted_as(format!("{id}#{updated}")) };
    observation.with("severity", severity).with("product", text(finding, "/metadata/product/name"))
}

fn security_hub_finding(envelope: &Envelope, finding: &Value) -> Observation {
    let resource = name(text(finding, "/Resources/0/Id"));
    let severity = severity_of(finding);
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
    // Findings are re-imported after every update.
    let updated = text(finding, "/UpdatedAt");
    let observation = if id.is_empty() { observation } else { observation.counted_as(format!("{id}#{updated}")) };
    observation.with("severity", severity).with("product", text(finding, "/ProductName"))
}

/// The label, or the one that stands for a normalised number:
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Severity>.
fn severity_of(finding: &Value) -> String {
    let label = text(finding, "/Severity/Label").to_ascii_uppercase();
    match (label.as_str(), finding.pointer("/Severity/Normalized").and_then(Value::as_i64)) {
        ("", Some(0)) => "INFORMATIONAL",
        ("", Some(1..=39)) => "LOW",
        ("", Some(40..=69)) => "MEDIUM",
        ("", Some(70..=89)) => "HIGH",
        ("", Some(90..)) => "CRITICAL",
        _ => return label,
    }
    .to_owned()
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

/// Findings of Inspector and IAM Access Analyzer, which stay active until their cause is removed.
pub(super) fn finding(envelope: &Envelope) -> Observation {
    let image = envelope.first_text(&[
        "/resources/0/details/awsEcrContainerImage/repositoryName",
        "/resources/0/details/awsLambdaFunction/functionName",
    ]);
    let resource = if image.is_empty() { name(envelope.first_text(&["/resources/0/id", "/resource"])) } else { image };
    let resource = if resource.is_empty() { name(envelope.first_resource()) } else { resource };
    let status = envelope.text("/status").to_ascii_uppercase();
    let severity = envelope.text("/severity").to_ascii_uppercase();
    let kind = match envelope.first_text(&["/type", "/findingType", "/resourceType"]) {
        "" => envelope.detail_type.as_str(),
        kind => kind,
    };
    let message = envelope.first_text(&["/title", "/description"]);
    let message =
        if message.is_empty() { format!("{} about {resource}", envelope.detail_type) } else { message.to_owned() };
    let observation = match status.as_str() {
        "ACTIVE" if severity == "INFORMATIONAL" => envelope.ignored(resource, "the finding is informational"),
        "ACTIVE" => envelope.failure(resource, kind, &message),
        "CLOSED" | "RESOLVED" => envelope.success(resource, &status),
        _ => envelope.ignored(resource, format!("the finding is {status}")),
    };
    observation.with("severity", severity).request(name(envelope.first_text(&["/findingArn", "/id"])))
}

/// A completed scan may have found vulnerabilities.
pub(super) fn image_scan(envelope: &Envelope) -> Observation {
    let repository = envelope.text("/repository-name");
    let critical = envelope.detail.pointer("/finding-severity-counts/CRITICAL").and_then(Value::as_i64).unwrap_or(0);
    let status = envelope.text("/scan-status");
    let tag = envelope.text("/image-tags/0");
    let version = if tag.is_empty() { envelope.text("/image-digest") } else { tag };
    if verdict(status) == Verdict::Failed || critical == 0 {
        return envelope.by_status(repository, status, "the image could not be scanned").with("aspect", version);
    }
    let image = if tag.is_empty() { repository.to_owned() } else { format!("{repository}:{tag}") };
    let message = format!("{image} has {critical} critical vulnerabilities");
    envelope
        .failure(repository, "CriticalVulnerabilities", &message)
        .grouped_by("")
        .with("severity", "CRITICAL")
        .with("aspect", version)
}
