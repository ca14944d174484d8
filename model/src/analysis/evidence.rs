//! What was gathered about a failure, and what could not be.

use super::{FunctionHistory, FunctionState, Rates, RequestLog};
use crate::incident::{Incident, Status};
use crate::time::seconds_of;
use crate::word::{Word, by_name};

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// The error as the event reports it.
    Error,
    /// Lines of the log.
    Log,
    /// What changed.
    Change,
    /// How bad it is.
    Rate,
    /// What else broke.
    Related,
    /// What helped last time.
    Earlier,
    /// The history of a state machine's execution.
    Execution,
    /// A kind of a newer version.
    Other(Word),
}

impl EvidenceKind {
    /// All kinds of this version.
    pub const ALL: [Self; 7] =
        [Self::Error, Self::Log, Self::Change, Self::Rate, Self::Related, Self::Earlier, Self::Execution];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Log => "log",
            Self::Change => "change",
            Self::Rate => "rate",
            Self::Related => "related",
            Self::Earlier => "earlier",
            Self::Execution => "execution",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(EvidenceKind, EvidenceKind::ALL);

/// Why evidence is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyMissing {
    /// AWS refused.
    Denied,
    /// It did not arrive within its deadline, or the service failed or throttled.
    Late,
    /// There is none.
    None,
    /// Switched off.
    Off,
    /// A reason of a newer version.
    Other(Word),
}

impl WhyMissing {
    /// All reasons of this version.
    pub const ALL: [Self; 4] = [Self::Denied, Self::Late, Self::None, Self::Off];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Late => "late",
            Self::None => "none",
            Self::Off => "off",
            Self::Other(word) => word.as_str(),
        }
    }
}

by_name!(WhyMissing, WhyMissing::ALL);

/// What a source of evidence has.
#[derive(Debug, Clone, PartialEq)]
pub enum Gathered<T> {
    /// This.
    Found(T),
    /// Nothing, for a reason.
    Missing(WhyMissing),
}

impl<T> Gathered<T> {
    /// What was found.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing(_) => None,
        }
    }
}

/// All evidence about a failure. What does not apply to the failed resource is missing for [`WhyMissing::None`].
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The lines of the failed request.
    pub log: Gathered<RequestLog>,
    /// The function as it is now; of the executed version where the failure names one.
    pub function: Gathered<FunctionState>,
    /// The function as the sweep saw it, and its changes since it is known.
    pub history: Gathered<FunctionHistory>,
    /// Metrics of the function.
    pub rates: Gathered<Rates>,
    /// Other incidents: newest first.
    pub around: Gathered<Vec<Neighbour>>,
    /// Of a state machine: what failed in the execution.
    pub execution: Gathered<FailedStep>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            log: Gathered::Missing(WhyMissing::None),
            function: Gathered::Missing(WhyMissing::None),
            history: Gathered::Missing(WhyMissing::None),
            rates: Gathered::Missing(WhyMissing::None),
            around: Gathered::Missing(WhyMissing::None),
            execution: Gathered::Missing(WhyMissing::None),
        }
    }
}

/// Another incident, as the table's index shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its id.
    pub incident_id: String,
    /// Kind of resource.
    pub source: String,
    /// The resource.
    pub resource: String,
    /// Its region.
    pub region: String,
    /// Class of the error; for AWS Health the code of the event type.
    pub error_type: String,
    /// One line: what broke.
    pub summary: String,
    /// When it began, in seconds since 1970.
    pub began_at: i64,
    /// Whether it is over.
    pub is_resolved: bool,
    /// Whether it is a drill.
    pub is_drill: bool,
}

impl Neighbour {
    /// An incident as others see it; `None` if its record has no time.
    pub fn of(incident: &Incident) -> Option<Self> {
        Some(Self {
            incident_id: incident.incident_id.clone(),
            source: incident.source.clone(),
            resource: incident.resource.clone(),
            region: incident.region.clone(),
            error_type: incident.error_type.clone(),
            summary: incident.summary.clone(),
            began_at: seconds_of(&incident.created_at)?,
            is_resolved: incident.status == Status::Resolved,
            is_drill: incident.drill.is_some(),
        })
    }
}

/// The step of an execution that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Name of the state.
    pub state: String,
    /// The resource that it called, if it is known: an ARN or a service integration.
    pub resource: String,
    /// The error's class.
    pub error: String,
    /// The cause as it is reported, redacted.
    pub cause: String,
}
