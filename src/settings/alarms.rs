//! Which alarms to create.

use serde::Deserialize;

/// A switch for each alarm, by its name without the stack's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Alarms {
    /// An event is in the rules' dead-letter queue.
    pub rule_dlq_depth: bool,
    /// An event is in the handler's dead-letter queue.
    pub handler_dlq_depth: bool,
    /// The handler could not record events.
    pub not_recorded: bool,
    /// The queue of events does not become empty.
    pub events_depth: bool,
    /// An event waits too long in the queue of events.
    pub events_age: bool,
    /// The handler failed.
    pub handler_errors: bool,
    /// An alert could not be delivered.
    pub alert_delivery: bool,
    /// A function of the account failed; while it is on, the handler asks which.
    pub function_errors: bool,
    /// An invocation of a function of the account was throttled; the same.
    pub function_throttles: bool,
    /// A function of the account could not deliver to its destination; the same.
    pub function_destinations: bool,
}

impl Default for Alarms {
    fn default() -> Self {
        Self {
            rule_dlq_depth: true,
            handler_dlq_depth: true,
            not_recorded: true,
            events_depth: true,
            events_age: true,
            handler_errors: true,
            alert_delivery: true,
            function_errors: true,
            function_throttles: true,
            function_destinations: true,
        }
    }
}
