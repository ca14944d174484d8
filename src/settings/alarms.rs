//! Which alarms there are.

use serde::Deserialize;

/// A switch for each alarm, named as the alarm is after the stack's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Alarms {
    /// An event waits in the dead-letter queue of the rules.
    pub rule_dlq_depth: bool,
    /// An event waits in the dead-letter queue of the handler.
    pub handler_dlq_depth: bool,
    /// The handler failed.
    pub handler_errors: bool,
    /// An alert could not be delivered.
    pub alert_delivery: bool,
    /// A function of the account failed; this one makes incidents.
    pub function_errors: bool,
}

impl Default for Alarms {
    fn default() -> Self {
        Self {
            rule_dlq_depth: true,
            handler_dlq_depth: true,
            handler_errors: true,
            alert_delivery: true,
            function_errors: true,
        }
    }
}
