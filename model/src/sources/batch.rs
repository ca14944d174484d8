//! AWS Batch jobs.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{elements, scalar, text};
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let last = elements(&envelope.detail, "/attempts").last().unwrap_or(&Value::Null);
    let exit_code = match scalar(last, "/container/exitCode") {
        code if code.is_empty() => scalar(&envelope.detail, "/container/exitCode"),
        code => code,
    };
    let detail = &envelope.detail;
    let reasons = [text(last, "/container/reason"), text(detail, "/container/reason"), text(last, "/statusReason")];
    let reason = reasons.into_iter().find(|reason| !reason.is_empty()).unwrap_or(text(detail, "/statusReason"));
    let message = if exit_code.is_empty() { reason.to_owned() } else { format!("exit code {exit_code}: {reason}") };
    // The job at the head of a blocked queue is healthy; those behind it wait for an operator.
    let observation = if envelope.detail_type == "Batch Job Queue Blocked" {
        envelope.failure(name(envelope.text("/jobQueue")), "QueueBlocked", &message)
    } else {
        envelope.by_status(envelope.text("/jobName"), envelope.text("/status"), &message)
    };
    observation
        .request(envelope.text("/jobId"))
        .with("queue", name(envelope.text("/jobQueue")))
        .with("exit_code", exit_code)
}
