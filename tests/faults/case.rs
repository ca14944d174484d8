//! Which call to break, and how.

use std::collections::BTreeMap;
use std::fmt;

use incident_local::gateway::RecordedCall;
use incident_local::gateway::faults::{Action, Rule};

use super::phase::Phase;
use crate::harness::ATTEMPTS;

/// One fault at one call.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) phase: Phase,
    pub(super) call: Point,
    pub(super) attack: Attack,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// The call is broken.
    Break(Fault),
    /// The deployer is killed while it waits for the response.
    Kill(Moment),
}

/// When the deployer is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the call took effect.
    Before,
    /// After it took effect.
    After,
}

/// A call the deployer makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    service: String,
    operation: String,
    /// Empty if AWS draws its name, so that it differs in every account.
    resource: String,
    /// The occurrence of this operation on this resource, from 1.
    ordinal: u64,
}

/// How to break a call. Lasting faults outlast all attempts of the SDK.
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
                let is_drawn = call.resource.contains(":event-source-mapping:");
                let resource = if is_drawn { String::new() } else { call.resource.clone() };
                let key = (call.service.clone(), call.operation.clone(), resource);
                let ordinal = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1_u64);
                Self { service: key.0, operation: key.1, resource: key.2, ordinal: *ordinal }
            })
            .collect()
    }

    /// Whether the call is read-only.
    pub(super) fn reads(&self) -> bool {
        reads(&self.operation)
    }

    /// Service and operation.
    pub(super) fn name(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// The resource it acts on.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// Breaks this call and similar ones for this many milliseconds of AWS time.
    pub(super) fn breaking_for(&self, milliseconds: u64, action: Action) -> Rule {
        Rule { times: None, milliseconds: Some(milliseconds), ..self.rule(action, 1) }
    }

    fn rule(&self, action: Action, times: u64) -> Rule {
        Rule {
            service: Some(self.service.clone()),
            operation: Some(self.operation.clone()),
            resource: Some(self.resource.clone()).filter(|resource| !resource.is_empty()),
            caller: Some("root".to_owned()),
            call: Some(self.ordinal),
            times: Some(times),
            milliseconds: None,
            action,
        }
    }
}

/// Whether an operation is read-only.
pub(super) fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb))
}

impl Attack {
    /// The faults for a call. For read-only calls it does not matter whether they took effect, and the SDK retries
    /// single failures.
    pub(super) fn breaking(call: &Point) -> Vec<Self> {
        use Fault::{DropAfter, DropAfterOnce, DropBefore, InternalError, Late, LateOnce, Throttle};
        let faults: &[Fault] = match call.reads() {
            true => &[Throttle, InternalError, DropBefore, Late],
            false => &[Throttle, InternalError, DropBefore, DropAfterOnce, DropAfter, LateOnce, Late],
        };
        faults.iter().copied().map(Self::Break).collect()
    }

    /// The moments to kill the deployer.
    pub(super) fn killing(call: &Point) -> Vec<Self> {
        match call.reads() {
            true => vec![Self::Kill(Moment::After)],
            false => vec![Self::Kill(Moment::Before), Self::Kill(Moment::After)],
        }
    }

    /// Whether the deployer must succeed regardless, because it can find out whether the call took effect.
    pub(super) fn must_succeed(self) -> bool {
        matches!(self, Self::Break(Fault::DropAfterOnce | Fault::LateOnce))
    }

    /// Whether the deployer waits for a response that never comes.
    pub(super) fn times_out(self) -> bool {
        matches!(self, Self::Break(Fault::LateOnce | Fault::Late))
    }

    /// The fault rule for the local AWS.
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
