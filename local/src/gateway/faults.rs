//! Fault injection for tests.
//!
//! Rules come from the file that [`LocalConfig::faults`](crate::LocalConfig) names, reloaded whenever it changes, or
//! from `PUT /_local/faults`. Both hold a JSON array:
//!
//! ```json
//! [{"service": "sns", "operation": "Publish", "call": 2, "action": "throttle"},
//!  {"operation": "PutItem", "action": {"delay": {"milliseconds": 500}}},
//!  {"operation": "PutRolePolicy", "milliseconds": 5000,
//!   "action": {"error": {"code": "NoSuchEntity", "message": "The role cannot be found.", "status": 404}}}]
//! ```
//!
//! Each rule counts its calls from when the rules were set. The first rule that applies acts.

pub use crate::fault::Action;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{ApiError, Call, Clock, Principal};

/// A fault rule: which calls to break, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Signing name of the service; any when absent.
    #[serde(default)]
    pub service: Option<String>,
    /// The operation; any when absent.
    #[serde(default)]
    pub operation: Option<String>,
    /// ARN of the target, as IAM policies name it; any when absent.
    #[serde(default)]
    pub resource: Option<String>,
    /// Role name of the calling session, or `root` for the account's own credentials; any when absent.
    #[serde(default)]
    pub caller: Option<String>,
    /// The first matching call to break, counted from 1; defaults to 1.
    #[serde(default)]
    pub call: Option<u64>,
    /// How many consecutive calls to break: by default one if `call` is given without `milliseconds`, else all.
    #[serde(default)]
    pub times: Option<u64>,
    /// How long calls break, from the first that does, divided by the time scale; unlimited when absent.
    #[serde(default)]
    pub milliseconds: Option<u64>,
    /// The fault.
    pub action: Action,
}

/// The active rules.
#[derive(Debug)]
pub(super) struct Faults {
    file: Option<PathBuf>,
    clock: Clock,
    inner: Mutex<Inner>,
    /// Signals that a call hangs.
    hanging: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Counted>,
    read_at: Option<SystemTime>,
}

/// A rule and its counts.
#[derive(Debug)]
struct Counted {
    rule: Rule,
    /// Number of matching calls.
    seen: u64,
    /// When it first broke a call.
    since: Option<Instant>,
}

impl Faults {
    pub(super) fn new(file: Option<PathBuf>, clock: Clock) -> Self {
        Self { file, clock, inner: Mutex::default(), hanging: Notify::new() }
    }

    /// Replaces the rules and resets their counts.
    pub(super) fn set(&self, rules: Vec<Rule>) {
        self.lock().rules = rules.into_iter().map(Counted::new).collect();
    }

    /// The rules, each with its number of matching calls.
    pub(super) fn list(&self) -> Vec<(Rule, u64)> {
        self.lock().rules.iter().map(|counted| (counted.rule.clone(), counted.seen)).collect()
    }

    /// Counts a call and returns the fault to inject, if any.
    pub(super) fn strike(&self, call: &Call, resource: &str) -> Option<Action> {
        let mut inner = self.lock();
        self.reload(&mut inner);
        let mut action = None;
        for counted in inner.rules.iter_mut().filter(|counted| counted.rule.matches(call, resource)) {
            counted.seen += 1;
            if action.is_none() && counted.strikes(Instant::now(), self.clock) {
                action = Some(counted.rule.action.clone());
            }
        }
        action
    }

    /// Signals waiters, then never completes.
    pub(super) async fn hang(&self) -> Infallible {
        self.hanging.notify_one();
        std::future::pending().await
    }

    /// Completes when a call hangs.
    pub(super) async fn until_one_hangs(&self) {
        self.hanging.notified().await;
    }

    fn reload(&self, inner: &mut Inner) {
        let Some(file) = &self.file else { return };
        let modified = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
        if modified == inner.read_at {
            return;
        }
        inner.read_at = modified;
        let rules = match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str::<Vec<Rule>>(&text),
            Err(_) => Ok(Vec::new()),
        };
        match rules {
            Ok(rules) => inner.rules = rules.into_iter().map(Counted::new).collect(),
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "fault rules not understood, the old ones stay")
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn new(rule: Rule) -> Self {
        Self { rule, seen: 0, since: None }
    }

    fn strikes(&mut self, now: Instant, clock: Clock) -> bool {
        if !self.rule.strikes(self.seen) {
            return false;
        }
        let since = *self.since.get_or_insert(now);
        self.rule
            .milliseconds
            .is_none_or(|limit| now.duration_since(since) < clock.scaled(Duration::from_millis(limit)))
    }
}

impl Rule {
    fn matches(&self, call: &Call, resource: &str) -> bool {
        let same = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
        let caller = match &call.principal {
            Principal::Role { role_name, .. } => role_name,
            Principal::Root => "root",
            Principal::Service(name) => name,
            Principal::Anonymous => "anonymous",
        };
        same(&self.service, &call.service)
            && same(&self.operation, &call.operation)
            && same(&self.resource, resource)
            && same(&self.caller, caller)
    }

    fn strikes(&self, seen: u64) -> bool {
        let first = self.call.unwrap_or(1);
        let times = self.times.or(self.call.filter(|_| self.milliseconds.is_none()).map(|_| 1));
        seen >= first && times.is_none_or(|times| seen < first.saturating_add(times))
    }
}

impl Action {
    /// The injected error reply, if any.
    pub(super) fn error(&self, service: &str) -> Option<ApiError> {
        Some(match self {
            Self::Throttle => throttled(service),
            Self::InternalError => {
                let code = if service == "lambda" { "ServiceException" } else { "InternalFailure" };
                ApiError::new(
                    code,
                    "The request processing has failed because of an unknown error, exception or failure.",
                )
                .with_status(500)
            }
            Self::Error { code, message, status } => ApiError::new(code, message).with_status(*status),
            _ => return None,
        })
    }

    /// The injected delay.
    pub(super) fn delay(&self) -> Option<Duration> {
        match self {
            Self::Delay { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            _ => None,
        }
    }
}

fn throttled(service: &str) -> ApiError {
    match service {
        "lambda" => ApiError::new("TooManyRequestsException", "Rate exceeded").with_status(429),
        "iam" | "sts" | "sns" | "monitoring" => ApiError::new("Throttling", "Rate exceeded"),
        "sqs" => ApiError::new("RequestThrottled", "Request is throttled."),
        _ => ApiError::new("ThrottlingException", "Rate exceeded"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::time::{Duration, Instant};

    use super::{Action, Counted, Rule};
    use crate::Clock;

    #[test]
    fn a_rule_breaks_the_configured_calls() {
        let rule = |call, times| Rule {
            service: None,
            operation: None,
            resource: None,
            caller: None,
            call,
            times,
            milliseconds: None,
            action: Action::Throttle,
        };
        let cases = [
            (rule(None, None), vec![1, 2, 3, 4]),
            (rule(Some(2), None), vec![2]),
            (rule(Some(2), Some(2)), vec![2, 3]),
            (rule(None, Some(1)), vec![1]),
        ];
        for (rule, expected) in cases {
            let struck: Vec<u64> = (1..=4).filter(|seen| rule.strikes(*seen)).collect();
            assert_eq!(struck, expected, "{rule:?}");
        }
    }

    #[test]
    fn a_rule_breaks_calls_for_its_scaled_duration() {
        let rule = serde_json::json!({"call": 2, "milliseconds": 5000, "action": "throttle"});
        let mut counted = Counted::new(serde_json::from_value(rule).unwrap());
        let start = Instant::now();
        let struck = [(1, 0), (2, 100), (3, 400), (4, 599), (5, 600)].map(|(seen, milliseconds)| {
            counted.seen = seen;
            counted.strikes(start + Duration::from_millis(milliseconds), Clock::new(10.0))
        });
        assert_eq!(struck, [false, true, true, true, false], "half a second from the second call on");
    }
}
