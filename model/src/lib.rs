//! The model of incidents.
//!
//! Pure functions on values, shared by the handler Lambda and the command line: no clock, no client, no terminal.
//!
//! The path of an event: [`read`] its bytes, [`classify`] it (unwrap, interpret, redact, judge), turn it into an
//! [`Incident`] ([`Classification::incident`]), write the [`mail`].

pub mod alarm_rule;
pub mod alarms;
pub mod alert_policy;
pub mod analysis;
mod arn;
pub mod classification;
pub mod console;
pub mod control;
pub mod error_code;
pub mod explanation;
mod fields;
pub mod fingerprint;
pub mod function_metrics;
pub mod incident;
pub mod interval;
pub mod json;
pub mod mail;
mod name;
pub mod normalise;
pub mod notice;
pub mod observation;
pub mod partition;
pub mod pattern;
pub mod query_budget;
mod quotation;
pub mod redact;
pub mod reduce;
pub mod rules;
pub mod severity;
pub mod silence;
pub mod sources;
pub mod table;
pub mod tally;
pub mod time;
pub mod timeline;
pub mod trouble;
pub mod unprintable;
pub mod variants;
mod vocabulary;
pub mod word;

pub use alert_policy::AlertPolicy;
pub use analysis::{Analysis, Cause, Confidence};
pub use classification::{Classification, Outcome, classify};
pub use fingerprint::{Fingerprint, FingerprintInputs};
pub use function_metrics::{FunctionMetric, FunctionReport};
pub use incident::{Incident, Status};
pub use interval::Interval;
pub use notice::{Attention, Reason};
pub use observation::{Kind, Observation};
pub use partition::Partition;
pub use pattern::{Pattern, PatternError};
pub use query_budget::{Dollars, Pace};
pub use redact::redact;
pub use rules::{DEFAULT_RULES, Escalation, Judgement, Rule, Rules, RulesError};
pub use severity::Severity;
pub use silence::{Silence, Silences};
pub use sources::{Unreadable, observe, read, read_each};
pub use timeline::TimelineEntry;
pub use variants::Variant;
