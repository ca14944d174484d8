//! AWS Backup: backup, copy and restore jobs. Some have `state`, some `status`; messages are doubly quoted.

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;
use crate::vocabulary::{Verdict, verdict};

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let state = envelope.first_text(&["/state", "/status"]);
    let resource = name(match envelope.first_text(&["/resourceArn", "/backupVaultArn", "/recoveryPointArn"]) {
        "" => envelope.first_resource(),
        arn => arn,
    });
    let message = envelope.text("/statusMessage").trim_matches('"');
    let observation = match verdict(state) {
        Verdict::Failed => envelope.failure(resource, state, message),
        _ if state == "PARTIAL" => envelope.failure(resource, state, message),
        _ => envelope.by_status(resource, state, message),
    };
    observation
        .request(envelope.first_text(&["/backupJobId", "/copyJobId", "/restoreJobId"]))
        .with("vault", envelope.first_text(&["/backupVaultName", "/sourceBackupVaultArn"]))
        .with("job", envelope.detail_type.trim_end_matches(" State Change"))
}
