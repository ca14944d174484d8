//! Which call is broken, and how.

use std::collections::BTreeMap;
use std::fmt;

use incident_local::gateway::RecordedCall;
use incident_local::gateway::faults::{Action, Rule};

use super::phase::Phase;
use crate::harness::ATTEMPTS;

/// One attack on one call.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) phase: Phase,
    pub(super) call: Point,
    pub(super) attack: Attack,
}

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// It is broken.
    Break(Fault),
    /// The deployer is killed while it waits for the answer.
    Kill(Moment),
}

/// When the deployer is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the call took effect.
    Before,
    /// Afterwards.
    After,
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

    /// Service and operation.
    pub(super) fn name(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// What is called for.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// Breaks this call and those like it for so many milliseconds of AWS.
    pub(super) fn breaking_for(&self, milliseconds: u64, action: Action) -> Rule {
        Rule { times: None, milliseconds: Some(milliseconds), ..self.rule(action, 1) }
    }

    fn rule(&self, action: Action, times: u64) -> Rule {
        Rule {
            service: Some(self.service.clone()),
            operation: Some(self.operation.clone()),
            resource: Some(self.resource.clone()),
            caller: Some("root".to_owned()),
            call: Some(self.ordinal),
            times: Some(times),
            milliseconds: None,
            action,
        }
    }
}

/// Whether an operation changes nothing.
pub(super) fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb))
}

impl Attack {
    /// The ways to break a call. For one that changes nothing it makes no difference whether it took effect, and what
    /// goes wrong once is repaired by the SDK.
    pub(super) fn breaking(call: &Point) -> Vec<Self> {
        use Fault::{DropAfter, DropAfterOnce, DropBefore, InternalError, Late, LateOnce, Throttle};
        let faults: &[Fault] = match call.reads() {
            true => &[Throttle, InternalError, DropBefore, Late],
            false => &[Throttle, InternalError, DropBefore, DropAfterOnce, DropAfter, LateOnce, Late],
        };
        faults.iter().copied().map(Self::Break).collect()
    }

    /// The moments at which the deployer can be killed.
    pub(super) fn killing(call: &Point) -> Vec<Self> {
        match call.reads() {
            true => vec![Self::Kill(Moment::After)],
            false => vec![Self::Kill(Moment::Before), Self::Kill(Moment::After)],
        }
    }

    /// Whether the deployer has to come to its end all the same: it can find out whether the call took effect.
    pub(super) fn is_endured(self) -> bool {
        matches!(self, Self::Break(Fault::DropAfterOnce | Fault::LateOnce))
    }

    /// Whether the deployer waits for an answer in vain.
    pub(super) fn is_late(self) -> bool {
        matches!(self, Self::Break(Fault::LateOnce | Fault::Late))
    }

    /// The rule by which the local AWS does it.
    pub(super) fn rule(self, call: &Point) -> Rule {
        let lasting = u64::from(ATTEMPTS);
        let (action, times) = match self {
            Self::Break(Fault::Throttle) => (Action::Throttle, lasting),
            Self::Break(Fault::InternalError) => (Action::InternalError, lasting),
            Self::Break(Fault::DropBefore) => (Action::DropBefore, lasting),
            Self::Break(Fault::DropAfterOnce) => (Action::DropAfter, 1),
            Self::Break(Fault::DropAfter) => (Action::DropAfter, lasting),
            Self::Break(Fault::LateOnce) => (Action::HangAfter, 1),
            Self::Break(Fault::Late) => (Action::HangAfter, lasting),
            Self::Kill(Moment::Before) => (Action::HangBefore, 1),
            Self::Kill(Moment::After) => (Action::HangAfter, 1),
        };
        call.rule(action, times)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { service, operation, resource, ordinal } = &self.call;
        write!(formatter, "{:?}: {:?} at {service}:{operation} of {resource}, call {ordinal}", self.phase, self.attack)
    }
}
