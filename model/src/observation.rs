//! What one event says, in the same words for every service.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// What an event means for the people who are on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Kind {
    /// Something broke.
    Failure,
    /// Something that was broken works again.
    Recovery,
    /// Nothing to act on.
    Ignored {
        /// Why, for the log and for `rules test`.
        reason: String,
    },
}

/// One event, understood: who failed, how, when. Every text may be empty when the event does not say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// Failure, recovery or neither.
    #[serde(flatten)]
    pub kind: Kind,
    /// Kind of resource: `lambda`, `ecs`, `cloudwatch` …
    pub source: String,
    /// The resource's name as people know it.
    pub resource: String,
    /// Account of the resource.
    pub account: String,
    /// Region of the resource.
    pub region: String,
    /// Class of the error, or the status that means failure.
    pub error_type: String,
    /// What the event says about the cause.
    pub error_message: String,
    /// Id of the failed request, execution, job or build.
    pub request_id: Option<String>,
    /// The same for every delivery of one event.
    pub event_id: String,
    /// When it happened, RFC 3339 in UTC.
    pub occurred_at: String,
    /// The event's `detail-type`, or what it would be.
    pub detail_type: String,
    /// Innermost stack frame of the failing program's own code, without line numbers.
    pub top_frame: String,
    /// The drill that asked for this failure.
    pub drill: Option<String>,
    /// Takes the place of the message in the fingerprint, for sources whose message tells the same failure in many ways.
    pub grouping: Option<String>,
    /// Whether an ignored success ends an open incident of the same source and resource.
    pub recovers: bool,
    /// What else rules may look at; the names are the adapter's.
    pub attributes: BTreeMap<String, Value>,
}

impl Observation {
    /// The normalised event that the rules' patterns are matched against.
    pub fn as_event(&self) -> Value {
        json!({
            "source": self.source,
            "detail_type": self.detail_type,
            "resource": self.resource,
            "account": self.account,
            "region": self.region,
            "error_type": self.error_type,
            "error_message": self.error_message,
            "drill": self.drill.is_some(),
            "attributes": self.attributes,
        })
    }

    /// The error in one line for people: class and message, without a class that says nothing or that the message
    /// says again.
    pub fn error(&self) -> String {
        let message = plain(self.error_message.lines().next().unwrap_or_default());
        let is_repeated = message.starts_with(self.error_type.as_str())
            || message.starts_with(REFUSAL)
            || is_platform(&self.error_type);
        match (says_something(&self.error_type), message.is_empty()) {
            (true, false) if !is_repeated => format!("{}: {message}", self.error_type),
            (true, true) => self.error_type.clone(),
            (_, false) => message.to_owned(),
            (false, true) => "the event does not say why".to_owned(),
        }
    }
}

/// Whether a class tells one error from another. Go's `errorString` and Rust's boxed errors stand for all of them, and
/// `FAILED` says no more than that there is an incident.
fn says_something(error_type: &str) -> bool {
    const EMPTY: &[&str] = &[
        "error",
        "errors",
        "exception",
        "errorstring",
        "handled",
        "unhandled",
        "failed",
        "failure",
        "message",
        "fatal",
        "critical",
        "string",
        "object",
        "wraperror",
        "joinerror",
        "deadletter",
    ];
    let is_exit_code = error_type.strip_prefix("Exit").is_some_and(|code| code.parse::<i64>().is_ok());
    let is_empty = error_type.is_empty() || EMPTY.contains(&error_type.to_ascii_lowercase().as_str());
    !is_empty && !is_exit_code && !error_type.starts_with('&') && !error_type.starts_with('*')
}

/// Whether Lambda itself reports the error; its messages say what its classes say.
fn is_platform(error_type: &str) -> bool {
    ["Runtime.", "Sandbox.", "Function.", "Extension."].iter().any(|prefix| error_type.starts_with(prefix))
}

/// How IAM names what it refused.
const REFUSAL: &str = "not authorized to perform: ";

/// A message without the words that runtimes put before every message, and of a refusal only what was refused.
fn plain(message: &str) -> &str {
    if let Some(at) = message.find(REFUSAL) {
        return message[at..].split(" because ").next().unwrap_or(message);
    }
    let mut plain = message.trim();
    while let Some(rest) = ["Error: ", "Lambda panicked: "].iter().find_map(|prefix| plain.strip_prefix(prefix)) {
        plain = rest.trim_start();
    }
    plain
}
