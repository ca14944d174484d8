//! The lines of a failed request.

mod choice;
mod redacted;
mod report;
mod request;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use redacted::redacted_events;
use request::Request;

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
    /// The version of the function that ran: a number or `$LATEST`; empty if it does not say.
    pub version: String,
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

impl RequestLog {
    /// The lines of a request among events of its log group, in their order: at most 20 and 4 KB, the ten before the error and
    /// some after it, without secrets. `request_id` is the failed request; without one, all events of the last stream count.
    /// `error` is what is known of the error, such as its message, which finds its line. `None` without a line of the request.
    ///
    /// The request's lines are those between its start and its end, since not every line has its id. Of several attempts it is
    /// the last. Takes time in proportion to the events' length.
    pub fn of(group: &str, events: &[LogEvent], request_id: Option<&str>, error: &str) -> Option<Self> {
        let request = Request::of(events, request_id.filter(|id| !id.is_empty()));
        let (lines, error) = choice::chosen(&request.events, error);
        let stream = request.events.first().map(|event| event.stream.clone()).unwrap_or_default();
        let log =
            Self { group: group.to_owned(), stream, lines, error, report: request.report, version: request.version };
        (!log.lines.is_empty()).then_some(log)
    }

    /// The line of the error.
    pub fn error_line(&self) -> &str {
        self.error.and_then(|at| self.lines.get(at)).map_or("", |line| line.text.as_str())
    }

    /// The ten lines before the error, oldest first, and the error.
    pub fn until_error(&self) -> &[LogLine] {
        let end = self.error.map_or(self.lines.len(), |error| error + 1);
        self.lines.get(..end).unwrap_or_default()
    }
}
