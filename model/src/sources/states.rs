//! Step Functions executions.

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::fields::{first_text, text};
use crate::observation::Observation;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let machine = name(envelope.text("/stateMachineArn"));
    let status = envelope.text("/status");
    // The cause contains a task's report as JSON: a function's error, or a description of the ended task.
    let reported: Value = crate::json::from_str(envelope.text("/cause")).unwrap_or_default();
    let error = match (envelope.text("/error"), text(&reported, "/errorType")) {
        ("States.TaskFailed", class) if !class.is_empty() => class,
        (error, _) => error,
    };
    let cause = match first_text(&reported, &["/errorMessage", "/ErrorMessage", "/StoppedReason", "/StatusReason"]) {
        "" if envelope.text("/cause").is_empty() => format!("the execution ended as {status}"),
        "" => envelope.text("/cause").to_owned(),
        message => message.to_owned(),
    };
    let mut observation = envelope
        .by_status(machine, status, &cause)
        .request(name(envelope.text("/executionArn")))
        .with("status", status)
        .with("execution", envelope.text("/name"))
        .with("execution_arn", envelope.text("/executionArn"));
    if !error.is_empty() && !observation.error_type.is_empty() {
        observation.error_type = error.to_owned();
    }
    observation
}
