//! A test failure, followed until its alert is accepted for delivery. Reports events; prints nothing.

mod alteration;
mod broken_code;
mod follow;
mod generator;

use std::time::{Duration, Instant};

use incident_model::{Cause, Incident};
use serde_json::{Value, json};

use crate::incidents::{Incidents, IncidentsError};
use crate::settings::StackName;
use incident_deploy::aws::{AwsError, Clients};

pub use alteration::{Alteration, Former, LeftOver};
pub use follow::run;
pub use generator::{Generator, GeneratorError};

/// How the generator fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailureKind {
    /// Return an error
    #[default]
    Exception,
    /// Sleep past the timeout of 3 s
    Timeout,
    /// Allocate past the memory limit
    Oom,
    /// Panic
    Panic,
    /// Exit the process
    Crash,
    /// Make a call the role does not allow
    AccessDenied,
    /// Deploy code that does not start, and put the code before back
    BadDeploy,
    /// Lower the memory to 128 MB, use more, and raise it again
    ConfigChange,
    /// Call a host that does not exist
    Dependency,
}

/// What `config-change` uses, in MB: more than the memory is lowered to, and less than it was.
const USED_MEMORY: u64 = 176;

impl FailureKind {
    /// The kind in the generator's payload.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Timeout => "timeout",
            Self::Oom => "oom",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::AccessDenied => "access-denied",
            Self::BadDeploy => "bad-deploy",
            Self::ConfigChange => "config-change",
            Self::Dependency => "dependency",
        }
    }

    /// What has to be changed at the generator first.
    pub fn alteration(self) -> Option<Alteration> {
        match self {
            Self::BadDeploy => Some(Alteration::BrokenCode),
            Self::ConfigChange => Some(Alteration::LessMemory),
            _ => None,
        }
    }

    /// The cause that the alert should name, for kinds that are about a cause.
    pub fn expected_cause(self) -> Option<Cause> {
        match self {
            Self::BadDeploy => Some(Cause::Deployment),
            Self::ConfigChange => Some(Cause::Configuration),
            Self::Dependency => Some(Cause::Dependency),
            _ => None,
        }
    }

    /// The generator's payload, but for the drill. Of lowered memory it is the failure that follows.
    fn payload(self) -> Value {
        match self {
            Self::ConfigChange => json!({"kind": Self::Oom.name(), "megabytes": USED_MEMORY}),
            kind => json!({ "kind": kind.name() }),
        }
    }
}

/// The stages of a drill, in order.
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
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Invoked, Self::Failed, Self::Recorded, Self::Notified];

    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoked => "invoked",
            Self::Failed => "failed",
            Self::Recorded => "recorded",
            Self::Notified => "notified",
        }
    }
}

/// A drill: what to do, and where.
#[derive(Debug, Clone)]
pub struct Drill {
    clients: Clients,
    incidents: Incidents,
    stack: StackName,
    kind: FailureKind,
    limit: Duration,
}

/// How far a drill got. Times count from its start.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// ID of the invocation.
    pub request_id: Option<String>,
    /// The stages reached, and when.
    pub stages: Vec<(Stage, Duration)>,
    /// The incident, once recorded.
    pub incident: Option<Incident>,
}

/// Why a drill ended early.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The stack does not exist.
    #[error("no function `{function}`: the stack `{stack}` is not deployed here")]
    NoStack {
        /// The generator.
        function: String,
        /// The stack.
        stack: StackName,
    },
    /// Lambda rejected the invocation.
    #[error("cannot invoke the error generator")]
    Invoke(#[source] AwsError),
    /// The table could not be read.
    #[error(transparent)]
    Incidents(#[from] IncidentsError),
    /// A stage did not happen in time.
    #[error("{}: not seen within {} s", stage.name(), limit.as_secs_f64())]
    Missing {
        /// The first stage that did not happen.
        stage: Stage,
        /// How long the drill waited for it.
        limit: Duration,
    },
}

impl Drill {
    /// A drill on a stack. Makes no call.
    pub fn new(clients: Clients, stack: &StackName, kind: FailureKind, limit: Duration) -> Self {
        Self { incidents: Incidents::new(&clients, stack), clients, stack: stack.clone(), kind, limit }
    }
}

impl Progress {
    /// When a stage was reached, if it was.
    pub fn at(&self, stage: Stage) -> Option<Duration> {
        self.stages.iter().find(|(reached, _)| *reached == stage).map(|(_, at)| *at)
    }

    fn reach(&mut self, stage: Stage, started: Instant, report: &mut impl FnMut(Stage, Duration, &Self)) {
        if self.at(stage).is_none() {
            let at = started.elapsed();
            self.stages.push((stage, at));
            report(stage, at, self);
        }
    }

    /// The first stage not reached.
    fn missing(&self) -> Stage {
        Stage::ALL.into_iter().find(|stage| self.at(*stage).is_none()).unwrap_or(Stage::Notified)
    }
}
