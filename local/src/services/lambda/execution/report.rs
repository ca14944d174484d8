//! The lines Lambda itself writes to a function's log. Pure.

use std::time::Duration;

use serde_json::json;

/// The outcome, for the `REPORT` line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Status {
    /// The function responded, possibly with its own error.
    Success,
    /// Timed out.
    Timeout,
    /// Killed or exited, with this error type.
    Error(String),
}

/// Resource use of one invocation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report {
    pub(super) request_id: String,
    pub(super) duration: Duration,
    /// Only for an environment's first invocation.
    pub(super) init: Option<Duration>,
    /// Megabytes.
    pub(super) memory_size: u32,
    /// Bytes.
    pub(super) memory_used: u64,
    pub(super) status: Status,
}

/// The log formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Tab-separated lines.
    Text,
    /// One JSON object per line.
    Json,
}

impl Format {
    /// The format of a function's `LogFormat`.
    pub(super) fn named(name: &str) -> Self {
        if name == "JSON" { Self::Json } else { Self::Text }
    }

    /// The first line of an environment's log.
    pub(super) fn init_start(self, runtime: &str, runtime_arn: &str) -> String {
        let version = format!("{}.v1", runtime.replace('.', ":"));
        match self {
            Self::Text => format!("INIT_START Runtime Version: {version}\tRuntime Version ARN: {runtime_arn}"),
            Self::Json => platform(
                "platform.initStart",
                json!({
                    "initializationType": "on-demand", "phase": "init",
                    "runtimeVersion": version, "runtimeVersionArn": runtime_arn,
                }),
            ),
        }
    }

    /// The line after an initialisation that failed, or, without an error's type, is late; in the phase `init` or `invoke`.
    pub(super) fn init_report(self, phase: &str, duration: Duration, error_type: Option<&str>) -> String {
        let status = if error_type.is_some() { "error" } else { "timeout" };
        match self {
            Self::Text => {
                let error = error_type.map(|kind| format!("\tError Type: {kind}")).unwrap_or_default();
                format!(
                    "INIT_REPORT Init Duration: {:.2} ms\tPhase: {phase}\tStatus: {status}{error}",
                    milliseconds(duration)
                )
            }
            Self::Json => platform(
                "platform.initReport",
                json!({
                    "initializationType": "on-demand", "phase": phase, "status": status, "errorType": error_type,
                    "metrics": { "durationMs": rounded(duration) },
                }),
            ),
        }
    }

    /// The line before an invocation.
    pub(super) fn start(self, request_id: &str, version: &str) -> String {
        match self {
            Self::Text => format!("START RequestId: {request_id} Version: {version}"),
            Self::Json => platform("platform.start", json!({ "requestId": request_id, "version": version })),
        }
    }

    /// The lines after an invocation.
    pub(super) fn end(self, report: &Report) -> Vec<String> {
        match self {
            Self::Text => vec![format!("END RequestId: {}", report.request_id), text_report(report)],
            Self::Json => vec![platform("platform.report", json_report(report))],
        }
    }
}

fn text_report(report: &Report) -> String {
    let mut line = format!(
        "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        report.request_id,
        milliseconds(report.duration),
        billed(report),
        report.memory_size,
        megabytes(report),
    );
    if let Some(init) = report.init {
        line.push_str(&format!("Init Duration: {:.2} ms\t", milliseconds(init)));
    }
    match &report.status {
        Status::Success => {}
        Status::Timeout => line.push_str("Status: timeout"),
        Status::Error(kind) => line.push_str(&format!("Status: error\tError Type: {kind}")),
    }
    line
}

fn json_report(report: &Report) -> serde_json::Value {
    let mut metrics = json!({
        "durationMs": rounded(report.duration),
        "billedDurationMs": billed(report),
        "memorySizeMB": report.memory_size,
        "maxMemoryUsedMB": megabytes(report),
    });
    if let Some(init) = report.init {
        metrics["initDurationMs"] = json!(rounded(init));
    }
    let mut record = json!({ "requestId": report.request_id, "metrics": metrics });
    match &report.status {
        Status::Success => record["status"] = json!("success"),
        Status::Timeout => record["status"] = json!("timeout"),
        Status::Error(kind) => {
            record["status"] = json!("error");
            record["errorType"] = json!(kind);
        }
    }
    record
}

fn platform(kind: &str, record: serde_json::Value) -> String {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    json!({ "time": time, "type": kind, "record": record }).to_string()
}

/// Billed milliseconds; includes initialisation since August 2025.
fn billed(report: &Report) -> u64 {
    milliseconds(report.duration + report.init.unwrap_or_default()).ceil() as u64
}

/// Memory used, capped at the memory size, as on AWS.
fn megabytes(report: &Report) -> u64 {
    report.memory_used.div_ceil(1 << 20).min(u64::from(report.memory_size))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn rounded(duration: Duration) -> f64 {
    (milliseconds(duration) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: Status, init: Option<Duration>) -> Report {
        Report {
            request_id: "r".to_owned(),
            duration: Duration::from_micros(3450),
            init,
            memory_size: 128,
            memory_used: 35 << 20,
            status,
        }
    }

    #[test]
    fn report_lines_read_as_on_aws() {
        let cases = [
            (
                report(Status::Success, Some(Duration::from_millis(20))),
                "REPORT RequestId: r\tDuration: 3.45 ms\tBilled Duration: 24 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\tInit Duration: 20.00 ms\t",
            ),
            (
                report(Status::Timeout, None),
                "REPORT RequestId: r\tDuration: 3.45 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\tStatus: timeout",
            ),
            (
                report(Status::Error("Runtime.ExitError".to_owned()), None),
                "REPORT RequestId: r\tDuration: 3.45 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\tStatus: error\tError Type: Runtime.ExitError",
            ),
        ];
        for (report, line) in cases {
            assert_eq!(Format::Text.end(&report), ["END RequestId: r", line]);
        }
    }
}
