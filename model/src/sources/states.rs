//! Step Functions executions.

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let machine = name(envelope.text("/stateMachineArn"));
    let status = envelope.text("/status");
    let error = envelope.text("/error");
    let cause = match envelope.text("/cause") {
        "" => format!("the execution ended as {status}"),
        cause => cause.to_owned(),
    };
    let mut observation = envelope
        .by_status(machine, status, &cause)
        .request(name(envelope.text("/executionArn")))
        .with("status", status)
        .with("execution", envelope.text("/name"));
    if !error.is_empty() && !observation.error_type.is_empty() {
        observation.error_type = error.to_owned();
    }
    observation
}
