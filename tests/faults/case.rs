//! Which call is broken, and how.

use std::collections::BTreeMap;
use std::fmt;

use incident_local::gateway::RecordedCall;
use incident_local::gateway::faults::{Action, Rule};

use super::phase::Phase;
use crate::harness::ATTEMPTS;

/// One broken call.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) phase: Phase,
    pub(super) call: Point,
    pub(super) fault: Fault,
}

/// A call that the deployer makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    service: String,
    operation: String,
    resource: String,
    /// Which of the calls of this operation for this resource, from 1.
    ordinal: u64,
}

/// How a call is broken. What lasts, lasts for all attempts of the SDK, so that the deployer has to do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Throttle,
    InternalError,
    DropBefore,
    DropAfterOnce,
    DropAfter,
    LateOnce,
    Late,
}

impl Point {
    /// The calls of a recording.
    pub(super) fn all(calls: &[RecordedCall]) -> Vec<Self> {
        let mut seen = BTreeMap::new();
        calls
            .iter()
            .map(|call| {
                let key = (call.service.clone(), call.operation.clone(), call.resource.clone());
                let ordinal = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1_u64);
                Self { service: key.0, operation: key.1, resource: key.2, ordinal: *ordinal }
            })
            .collect()
    }

    /// Whether the call changes nothing.
    pub(super) fn reads(&self) -> bool {
        reads(&self.operation)
    }

    /// The rule that breaks this call.
    pub(super) fn rule(&self, action: Action, times: u64) -> Rule {
        Rule {
            service: Some(self.service.clone()),
            operation: Some(self.operation.clone()),
            resource: Some(self.resource.clone()),
            caller: Some("root".to_owned()),
            call: Some(self.ordinal),
            times: Some(times),
            action,
        }
    }
}

/// Whether an operation changes nothing.
pub(super) fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb))
}

impl Fault {
    /// The ways to break a call. For one that changes nothing it makes no difference whether it took effect, and what
    /// goes wrong once is repaired by the SDK.
    pub(super) fn of(call: &Point) -> &'static [Self] {
        match call.reads() {
            true => &[Self::Throttle, Self::InternalError, Self::DropBefore, Self::Late],
            false => &[
                Self::Throttle,
                Self::InternalError,
                Self::DropBefore,
                Self::DropAfterOnce,
                Self::DropAfter,
                Self::LateOnce,
                Self::Late,
            ],
        }
    }

    /// Whether the deployer has to come to its end all the same: it can find out whether the call took effect.
    pub(super) fn is_endured(self) -> bool {
        matches!(self, Self::DropAfterOnce | Self::LateOnce)
    }

    pub(super) fn rule(self, call: &Point) -> Rule {
        let lasting = u64::from(ATTEMPTS);
        match self {
            Self::Throttle => call.rule(Action::Throttle, lasting),
            Self::InternalError => call.rule(Action::InternalError, lasting),
            Self::DropBefore => call.rule(Action::DropBefore, lasting),
            Self::DropAfterOnce => call.rule(Action::DropAfter, 1),
            Self::DropAfter => call.rule(Action::DropAfter, lasting),
            Self::LateOnce => call.rule(Action::HangAfter, 1),
            Self::Late => call.rule(Action::HangAfter, lasting),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { service, operation, resource, ordinal } = &self.call;
        write!(formatter, "{:?}: {:?} at {service}:{operation} of {resource}, call {ordinal}", self.phase, self.fault)
    }
}
