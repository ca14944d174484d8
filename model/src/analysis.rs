//! Analysis: what broke, and why. Pure functions from evidence to ranked causes; the handler gathers the evidence.
//!
//! Rules, no model: each cause names the evidence that it rests on, so that a person can check it. A confident wrong cause
//! costs more than none: without evidence the cause is [`Cause::Unknown`].

mod advice;
mod analyse;
mod aws;
mod beside;
mod cause;
mod change_words;
pub mod earlier;
pub mod evidence;
mod facts;
pub mod function_state;
mod hosts;
pub mod origin;
pub mod policy;
mod rank;
pub mod rates;
pub mod request_log;
mod signs;
#[cfg(test)]
mod tests;
mod throttled;
mod words;

use serde::{Deserialize, Serialize};

use crate::word::{Word, by_name};
pub use analyse::{analyse, risen};
pub use earlier::Earlier;
pub use evidence::{Evidence, EvidenceKind, Gathered, Neighbour, WhyMissing};
pub use function_state::{Change, FunctionHistory, FunctionState};
pub use policy::AnalysisPolicy;
pub use rates::{Minute, Rates};
pub use request_log::{LogEvent, LogLine, Report, RequestLog};
pub use throttled::is_throttled;

/// Why something broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// New code.
    Deployment,
    /// A changed setting: memory, timeout, environment, role, layers, runtime, network, concurrency.
    Configuration,
    /// An action that a policy does not allow.
    Permission,
    /// A host or service that it calls.
    Dependency,
    /// A limit: memory, timeout, disk, payload, concurrency.
    Limit,
    /// Another resource of the account, which has an incident of its own.
    Upstream,
    /// AWS itself, according to AWS Health.
    Platform,
    /// What a caller sent.
    Input,
    /// The evidence does not say.
    Unknown,
    /// A cause of a newer version.
    Other(Word),
}

impl Cause {
    /// All causes of this version.
    pub const ALL: [Self; 9] = [
        Self::Deployment,
        Self::Configuration,
        Self::Permission,
        Self::Dependency,
        Self::Limit,
        Self::Upstream,
        Self::Platform,
        Self::Input,
        Self::Unknown,
    ];

    /// The name in records, rules and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Configuration => "configuration",
            Self::Permission => "permission",
            Self::Dependency => "dependency",
            Self::Limit => "limit",
            Self::Upstream => "upstream",
            Self::Platform => "platform",
            Self::Input => "input",
            Self::Unknown => "unknown",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(Cause, Cause::ALL);

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// It fits, and so may something else.
    Possible,
    /// It explains what was seen, and nothing else does as well.
    Likely,
    /// A confidence of a newer version.
    Other(Word),
}

impl Confidence {
    /// All of this version.
    pub const ALL: [Self; 2] = [Self::Possible, Self::Likely];

    /// The name in records and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(Confidence, Confidence::ALL);

/// What was found out about an incident when its alert went out. The attribute `analysis` of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// The suspected cause.
    pub cause: Cause,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence.
    pub statement: String,
    /// What the cause rests on.
    #[serde(default)]
    pub evidence: Vec<Quote>,
    /// What could not be gathered, and why.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// Other causes that fit, the better first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// What to do, with the evidence in it; each a sentence or a command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// What else is known, on which the cause does not rest: how bad it is, what else broke, what helped last time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Quote>,
    /// Lines of the failed request, oldest first: at most 20 and 4 KB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LogLine>,
    /// Which of the lines is the error, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_line: Option<usize>,
    /// Ids of incidents that share the cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<String>,
    /// What of the function changed before the first failure, near to it: `code`, `alias`, `memory`, `environment`, `layers` …,
    /// `something` where a snapshot does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// The earliest and the latest time of the change that is the suspected cause, RFC 3339 in UTC, where the time is not
    /// exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_within: Option<(String, String)>,
    /// The share of calls that fail, 0 to 1, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_share: Option<f64>,
    /// When it was made, RFC 3339 in UTC.
    #[serde(default)]
    pub at: String,
}

impl Analysis {
    /// A cause, and nothing else that was found out.
    pub fn of(cause: Cause, confidence: Confidence, statement: &str) -> Self {
        Self {
            cause,
            confidence,
            statement: statement.to_owned(),
            evidence: Vec::new(),
            missing: Vec::new(),
            candidates: Vec::new(),
            advice: Vec::new(),
            context: Vec::new(),
            lines: Vec::new(),
            error_line: None,
            changed: Vec::new(),
            changed_within: None,
            shared_with: Vec::new(),
            failing_share: None,
            at: String::new(),
        }
    }
}

/// Another cause that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The cause.
    pub cause: Cause,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence.
    pub statement: String,
    /// What it rests on.
    #[serde(default)]
    pub evidence: Vec<Quote>,
}

/// A piece of evidence, in words that a person can check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Where it comes from.
    pub kind: EvidenceKind,
    /// When it happened, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What it says, redacted.
    pub text: String,
}

/// Evidence that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which.
    pub kind: EvidenceKind,
    /// Why.
    pub reason: WhyMissing,
}
