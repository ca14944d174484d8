//! Messages that can never be handled: why, and how a dead letter says so.

use incident_model::Unreadable;
use incident_model::time::rfc3339;

use super::message::Message;
use crate::panics::Panicked;

/// Longest reason in an attribute, in characters.
const LONGEST_REASON: usize = 500;

/// Why a message can never be handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The class of the error.
    pub(crate) code: &'static str,
    /// What it says.
    pub(crate) message: String,
}

impl From<&Unreadable> for Reason {
    fn from(unreadable: &Unreadable) -> Self {
        Self { code: "UnreadableEvent", message: format!("no event: {unreadable}") }
    }
}

impl From<Panicked> for Reason {
    fn from(panicked: Panicked) -> Self {
        Self { code: "Panicked", message: panicked.to_string() }
    }
}

/// The message attributes of a dead letter, by name, type and value. `ErrorCode` and `ErrorMessage` are those of Lambda's
/// own dead letters; there is no `RequestID`, which would make its body a function's input (Lambda developer guide,
/// "Dead-letter queues").
pub(super) fn attributes(message: &Message<'_>, reason: &Reason) -> Vec<(&'static str, &'static str, String)> {
    let text: String =
        reason.message.chars().filter(|character| !character.is_control()).take(LONGEST_REASON).collect();
    let first_received = message.first_received().map(|at| rfc3339(at / 1000)).unwrap_or_default();
    let all = [
        ("ErrorCode", "String", reason.code.to_owned()),
        ("ErrorMessage", "String", text),
        ("FirstReceived", "String", first_received),
        ("ReceiveCount", "Number", message.receives().to_string()),
        ("MessageID", "String", message.id().to_owned()),
    ];
    // SQS takes no empty attribute.
    all.into_iter().filter(|(_, _, value)| !value.is_empty()).collect()
}
