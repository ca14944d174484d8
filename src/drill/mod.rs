//! A failure on purpose, followed until its alert is accepted for delivery. Tells what happens as events; prints nothing.

mod follow;

use std::time::{Duration, Instant};

use incident_model::Incident;

use crate::incidents::{Incidents, IncidentsError};
use crate::settings::StackName;
use incident_deploy::aws::{AwsError, Clients};

pub use follow::run;

/// The way in which the generator fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailureKind {
    /// Returns an error
    #[default]
    Exception,
    /// Sleeps past its timeout of 3 s
    Timeout,
    /// Allocates past its memory of 128 MB
    Oom,
    /// Panics
    Panic,
    /// Exits
    Crash,
    /// Does what its role does not allow
    AccessDenied,
}

impl FailureKind {
    /// As the generator reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Timeout => "timeout",
            Self::Oom => "oom",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::AccessDenied => "access-denied",
        }
    }
}

/// What happens to the failure, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Lambda accepted the invocation.
    Invoked,
    /// The function failed.
    Failed,
    /// The handler recorded an incident.
    Recorded,
    /// SNS accepted the alert.
    Notified,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Invoked, Self::Failed, Self::Recorded, Self::Notified];

    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoked => "invoked",
            Self::Failed => "failed",
            Self::Recorded => "recorded",
            Self::Notified => "notified",
        }
    }
}

/// What to do, and where.
#[derive(Debug, Clone)]
pub struct Drill {
    clients: Clients,
    incidents: Incidents,
    stack: StackName,
    kind: FailureKind,
    limit: Duration,
}

/// How far it came. Times count from the start.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Id of the invocation.
    pub request_id: Option<String>,
    /// The stages that were reached, and when.
    pub stages: Vec<(Stage, Duration)>,
    /// The incident, as soon as there is one.
    pub incident: Option<Incident>,
}

/// Why a drill ended early.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The stack is not there.
    #[error("there is no function `{function}`, so there is no stack `{stack}` here")]
    NoStack {
        /// The generator.
        function: String,
        /// The stack.
        stack: StackName,
    },
    /// Lambda did not take the invocation.
    #[error("cannot invoke the error generator")]
    Invoke(#[source] AwsError),
    /// The table cannot be read.
    #[error(transparent)]
    Incidents(#[from] IncidentsError),
    /// A stage did not happen in time.
    #[error("{}: not seen within {} s", stage.name(), limit.as_secs_f64())]
    Missing {
        /// The first stage that did not happen.
        stage: Stage,
        /// How long it was waited for.
        limit: Duration,
    },
}

impl Drill {
    /// A drill on a stack. No call is made.
    pub fn new(clients: Clients, stack: &StackName, kind: FailureKind, limit: Duration) -> Self {
        Self { incidents: Incidents::new(&clients, stack), clients, stack: stack.clone(), kind, limit }
    }
}

impl Progress {
    /// When a stage was reached.
    pub fn at(&self, stage: Stage) -> Option<Duration> {
        self.stages.iter().find(|(reached, _)| *reached == stage).map(|(_, at)| *at)
    }

    fn reach(&mut self, stage: Stage, started: Instant, tell: &mut impl FnMut(Stage, Duration, &Self)) {
        if self.at(stage).is_none() {
            let at = started.elapsed();
            self.stages.push((stage, at));
            tell(stage, at, self);
        }
    }

    /// The first stage that was not reached.
    fn missing(&self) -> Stage {
        Stage::ALL.into_iter().find(|stage| self.at(*stage).is_none()).unwrap_or(Stage::Notified)
    }
}
