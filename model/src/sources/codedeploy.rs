//! CodeDeploy deployments and instances.

use super::envelope::Envelope;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let application = envelope.text("/application");
    let group = envelope.text("/deploymentGroup");
    let resource = if group.is_empty() { application.to_owned() } else { format!("{application}/{group}") };
    let state = envelope.text("/state");
    let deployment = envelope.text("/deploymentId");
    let message = match envelope.first_text(&["/errorInformation/message", "/errorMessage"]) {
        "" => format!("deployment {deployment} ended as {state}"),
        message => message.to_owned(),
    };
    envelope.by_status(&resource, state, &message).request(deployment)
}
