//! Lambda's descriptions of a failed function. Pure.

use std::process::ExitStatus;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

/// Response limit in bytes.
pub(in super::super) const RESPONSE_LIMIT: usize = 6_291_556;

/// Failures that the function did not report itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// It exceeded its timeout.
    TimedOut(Duration),
    /// It exceeded its memory. Since the end of 2024 AWS reports `Runtime.OutOfMemory`, before `Runtime.ExitError` with
    /// the same message; this uses the newer, more specific one.
    OutOfMemory,
    /// The process exited.
    Exited(ExitStatus),
    /// The process could not be started.
    InvalidEntrypoint(String),
    /// The response exceeded [`RESPONSE_LIMIT`].
    ResponseTooLarge,
}

impl Failure {
    /// `errorType` of the payload, and the log's `Error Type`.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::OutOfMemory => "Runtime.OutOfMemory",
            Self::Exited(_) => "Runtime.ExitError",
            Self::InvalidEntrypoint(_) => "Runtime.InvalidEntrypoint",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
        }
    }

    /// `errorMessage` of the payload.
    pub(super) fn message(&self, request_id: &str) -> String {
        let reason = match self {
            Self::TimedOut(limit) => format!("Task timed out after {:.2} seconds", limit.as_secs_f64()),
            Self::OutOfMemory => "Runtime exited with error: signal: killed".to_owned(),
            Self::Exited(status) => exit_reason(*status),
            Self::InvalidEntrypoint(reason) => reason.clone(),
            Self::ResponseTooLarge => {
                return format!(
                    "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
                );
            }
        };
        format!("RequestId: {request_id} Error: {reason}")
    }

    /// The caller's error payload.
    pub(super) fn payload(&self, request_id: &str) -> Bytes {
        let body = json!({ "errorType": self.error_type(), "errorMessage": self.message(request_id) });
        Bytes::from(body.to_string())
    }
}

fn exit_reason(status: ExitStatus) -> String {
    match (status.code(), signal_of(status)) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
        (None, None) => "Runtime exited without providing a reason".to_owned(),
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}

/// Signal names as Lambda's supervisor, a Go program, writes them.
fn signal_name(signal: i32) -> String {
    match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    }
    .to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn failures_read_as_on_aws() {
        let cases = [
            (
                Failure::TimedOut(Duration::from_secs(3)),
                "Sandbox.Timedout",
                "RequestId: r Error: Task timed out after 3.00 seconds",
            ),
            (
                Failure::OutOfMemory,
                "Runtime.OutOfMemory",
                "RequestId: r Error: Runtime exited with error: signal: killed",
            ),
            (
                Failure::Exited(ExitStatus::from_raw(0)),
                "Runtime.ExitError",
                "RequestId: r Error: Runtime exited without providing a reason",
            ),
            (
                Failure::Exited(ExitStatus::from_raw(127 << 8)),
                "Runtime.ExitError",
                "RequestId: r Error: Runtime exited with error: exit status 127",
            ),
            (
                Failure::Exited(ExitStatus::from_raw(6)),
                "Runtime.ExitError",
                "RequestId: r Error: Runtime exited with error: signal: aborted",
            ),
            (
                Failure::ResponseTooLarge,
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            ),
        ];
        for (failure, error_type, message) in cases {
            assert_eq!(failure.error_type(), error_type);
            assert_eq!(failure.message("r"), message);
        }
    }
}
