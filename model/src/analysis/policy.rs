//! Which evidence may be gathered: the setting `analysis`.

use serde::{Deserialize, Serialize};

/// Each kind of evidence can be switched off; then the handler's role may not read it either. Less evidence never means
/// less alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "kinds of evidence, each true or false")]
pub struct AnalysisPolicy {
    /// Lines of the failed request: of functions and of ECS tasks.
    pub logs: bool,
    /// Changes of functions, and their hourly snapshots.
    pub changes: bool,
    /// Metrics of the failed function.
    pub metrics: bool,
    /// Histories of failed executions of state machines.
    pub executions: bool,
    /// Who made a change, from CloudTrail. Off unless it is switched on: the service answers two calls a second of the whole
    /// account.
    pub who: bool,
}

impl Default for AnalysisPolicy {
    fn default() -> Self {
        Self { logs: true, changes: true, metrics: true, executions: true, who: false }
    }
}
