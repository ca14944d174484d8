//! Why a task ended. Stopping a task sends SIGTERM and, half a minute later, SIGKILL: the resulting codes 143 and 137
//! are not failures, and neither is a program's own exit code after SIGTERM.

use serde_json::Value;

use crate::fields::{elements, text};
use crate::sources::envelope::Envelope;

/// How a task ended.
pub(super) enum Stop<'e> {
    /// A container exited with a failing code.
    Exit { container: &'e str, code: i64, why: &'e str },
    /// The task did not start, was unhealthy, or was killed without a code.
    Failed { class: &'e str, why: &'e str },
    /// Ended successfully or on purpose.
    Harmless(String),
}

/// Exit codes after stop signals: SIGTERM, SIGKILL, SIGINT.
const STOP_SIGNALS: &[i64] = &[143, 137, 130];

pub(super) fn of(envelope: &Envelope) -> Stop<'_> {
    let detail = &envelope.detail;
    let (code, reason) = (stop_code(envelope), envelope.text("/stoppedReason"));
    if let Some(container) = elements(detail, "/containers").iter().find(|one| is_out_of_memory(text(one, "/reason"))) {
        return exit(container, exit_code(container).unwrap_or(137), reason);
    }
    if is_out_of_memory(reason) {
        return Stop::Failed { class: "OutOfMemory", why: reason };
    }
    if reason.contains("health check") {
        return Stop::Failed { class: "Unhealthy", why: reason };
    }
    match code {
        "TaskFailedToStart" => Stop::Failed { class: code, why: start_failure(envelope) },
        "UserInitiated" | "ServiceSchedulerInitiated" => {
            Stop::Harmless(format!("the task was stopped on purpose ({code})"))
        }
        "SpotInterruption" | "TerminationNotice" => {
            Stop::Harmless(format!("{code}: the task's host is being terminated, and the service restarts the task"))
        }
        _ => match failed_container(detail) {
            Some((container, code)) => exit(container, code, reason),
            None => match unstarted_container(detail) {
                Some(reason) => Stop::Failed { class: "EssentialContainerExited", why: reason },
                None => Stop::Harmless("the task stopped and no container failed".to_owned()),
            },
        },
    }
}

/// Events from before 2021, and those from tools, have only a textual reason.
fn stop_code(envelope: &Envelope) -> &str {
    let reason = envelope.text("/stoppedReason");
    match envelope.text("/stopCode") {
        "" if reason.starts_with("Scaling activity initiated by") => "ServiceSchedulerInitiated",
        "" if reason.contains("topped by user") => "UserInitiated",
        "" if reason.starts_with("Your Spot Task was interrupted") => "SpotInterruption",
        "" if reason.starts_with("Host EC2") => "TerminationNotice",
        "" if reason.contains("CannotPull") || reason.contains("ResourceInitializationError") => "TaskFailedToStart",
        code => code,
    }
}

fn is_out_of_memory(reason: &str) -> bool {
    reason.contains("OutOfMemory")
}

fn exit<'e>(container: &'e Value, code: i64, stopped: &'e str) -> Stop<'e> {
    let why = text(container, "/reason");
    Stop::Exit { container: text(container, "/name"), code, why: if why.is_empty() { stopped } else { why } }
}

fn exit_code(container: &Value) -> Option<i64> {
    container.get("exitCode").and_then(Value::as_i64)
}

/// The container that failed first, judged from the codes: when one exits, the others are stopped. A task whose
/// containers succeeded or were stopped did not fail.
fn failed_container(detail: &Value) -> Option<(&Value, i64)> {
    let containers = elements(detail, "/containers");
    let coded = || containers.iter().filter_map(|one| Some((one, exit_code(one)?)));
    let one_ended_well = coded().any(|(_, code)| code == 0);
    coded()
        .find(|(_, code)| *code != 0 && !STOP_SIGNALS.contains(code))
        .or_else(|| coded().find(|(_, code)| *code != 0 && !one_ended_well))
}

/// The reason of a container that has none of the exit codes, in a task in which no container has one.
fn unstarted_container(detail: &Value) -> Option<&str> {
    let containers = elements(detail, "/containers");
    let reason = containers.iter().map(|container| text(container, "/reason")).find(|reason| reason.contains("Error"));
    reason.filter(|_| containers.iter().all(|container| exit_code(container).is_none()))
}

fn start_failure(envelope: &Envelope) -> &str {
    let mut reasons = elements(&envelope.detail, "/containers").iter().map(|container| text(container, "/reason"));
    reasons.find(|reason| !reason.is_empty()).unwrap_or_else(|| envelope.text("/stoppedReason"))
}
