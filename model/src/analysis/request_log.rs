//! The lines of a failed request.

use serde::{Deserialize, Serialize};

/// An event of a log as it is read: not redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Its stream.
    pub stream: String,
    /// Its text.
    pub text: String,
}

/// A line of the log, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Its text.
    pub text: String,
}

/// The lines of a failed request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestLog {
    /// The log group.
    pub group: String,
    /// The stream, if it is known.
    pub stream: String,
    /// Its lines around the error, oldest first, redacted: at most 20 and 4 KB.
    pub lines: Vec<LogLine>,
    /// Which of the lines is the error.
    pub error: Option<usize>,
    /// What Lambda reports at its end.
    pub report: Option<Report>,
}

/// The platform's report of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Duration in milliseconds.
    pub duration: Option<f64>,
    /// Memory setting in MB.
    pub memory: Option<u64>,
    /// Most memory used, in MB.
    pub memory_used: Option<u64>,
    /// Duration of the initialisation in milliseconds.
    pub init: Option<f64>,
    /// `error`, `timeout`; empty if it says none.
    pub status: String,
    /// Class of the error, such as `Runtime.OutOfMemory`; empty if it says none.
    pub error_type: String,
}
