//! The one interface of both engines.

use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

use super::cloudformation::{StackRecord, ThroughCloudFormation};
use super::direct::ThroughServices;
use super::{Confirm, Deployment, Engine, EngineError, Interrupt, Outcome, Survey};
use crate::plan::Plan;
use crate::progress::Event;

/// One stack, and the channels to the user who deploys it.
pub struct Job<'a> {
    /// The stack.
    pub deployment: &'a Deployment,
    /// Answers questions.
    pub confirm: &'a dyn Confirm,
    /// Where events go.
    pub events: UnboundedSender<Event>,
    /// The user's interrupts.
    pub interrupt: &'a Interrupt,
}

/// The input of `remove`.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The deletions, and what stays.
    pub plan: Plan,
    /// CloudFormation's record of the stack; none with the direct engine.
    pub record: Option<StackRecord>,
    /// Logical ids of the data resources to keep.
    pub kept: Vec<String>,
}

/// The result of an engine's run.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The plan as the engine applied it.
    pub plan: Plan,
    /// Its outcome.
    pub outcome: Outcome,
}

/// An engine that deploys. It never prints: it asks through [`Confirm`] and reports through [`Event`]s.
///
/// This is the boundary between the command line and the deployer: callers do not know which engine works.
#[async_trait]
pub trait DeployEngine: Send + Sync {
    /// What [`Self::change`] would do now. Nothing of the stack is changed.
    ///
    /// # Errors
    /// A call that fails, and a stack that cannot be planned.
    async fn plan(&self, job: &Job<'_>, survey: Survey) -> Result<Plan, EngineError>;

    /// Deploys the stack after confirmation. With `rollback`, a failed run removes what it created; CloudFormation
    /// always does so.
    ///
    /// # Errors
    /// A declined confirmation, a failure or an interrupt, with the outcome of each change.
    async fn change(&self, job: &Job<'_>, survey: Survey, rollback: bool) -> Result<Changed, EngineError>;

    /// Completes [`Self::change`] once the new code works: moves the incidents that only indexes of former versions show,
    /// then deletes those indexes, one at a time. Does nothing for a plan without them.
    ///
    /// # Errors
    /// A failure or an interrupt, after which another run goes on.
    async fn retire(&self, job: &Job<'_>, plan: &Plan) -> Result<(), EngineError>;

    /// Deletes after confirmation, and verifies the deletion.
    ///
    /// # Errors
    /// A declined confirmation, a failure or an interrupt, with the outcome of each change.
    async fn remove(&self, job: &Job<'_>, removal: Removal) -> Result<Changed, EngineError>;
}

impl Engine {
    /// The engine of this kind.
    pub fn engine(self) -> &'static dyn DeployEngine {
        match self {
            Self::Direct => &ThroughServices,
            Self::CloudFormation => &ThroughCloudFormation,
        }
    }
}

impl Job<'_> {
    /// Runs work until it ends or is interrupted; an earlier interrupt keeps it from starting.
    pub(crate) async fn until<T, E: Into<EngineError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, EngineError> {
        tokio::select! {
            biased;
            () = self.interrupt.wait() => Err(EngineError::Interrupted),
            result = work => result.map_err(Into::into),
        }
    }

    /// Reports a fact beyond single resources' changes.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.report(Event::Note { text: text.into() });
    }

    /// Reports a leftover.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        self.report(Event::Warning { text: text.into() });
    }

    /// Reports an event.
    pub(crate) fn report(&self, event: Event) {
        // A closed display must not stop the work.
        let _ = self.events.send(event);
    }
}
