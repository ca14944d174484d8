//! The one interface of both engines.

use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

use super::cloudformation::{StackRecord, ThroughCloudFormation};
use super::direct::ThroughServices;
use super::{Confirm, Deployment, Engine, EngineError, Interrupt, Outcome, Survey};
use crate::plan::Plan;
use crate::progress::Event;

/// One stack, and the ways to the person who deploys it.
pub struct Job<'a> {
    /// The stack.
    pub deployment: &'a Deployment,
    /// Who answers questions.
    pub confirm: &'a dyn Confirm,
    /// Where events go.
    pub events: UnboundedSender<Event>,
    /// What the person stops it with.
    pub interrupt: &'a Interrupt,
}

/// What `remove` is to delete.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The deletions, and what stays.
    pub plan: Plan,
    /// What CloudFormation knows of the stack; none where the services' own APIs made it.
    pub record: Option<StackRecord>,
    /// Logical ids of what holds data and is to be kept.
    pub kept: Vec<String>,
}

/// What an engine did.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What was to be done, as the engine saw it in the end.
    pub plan: Plan,
    /// What was done.
    pub outcome: Outcome,
}

/// A way to deploy. An engine never prints: it asks through [`Confirm`] and reports through [`Event`]s.
///
/// This is the boundary between the command line and the deployer: whoever calls it does not know which engine works.
#[async_trait]
pub trait DeployEngine: Send + Sync {
    /// What [`Self::change`] would do now. Nothing of the stack is changed.
    ///
    /// # Errors
    /// A call that fails, and a stack that cannot be planned.
    async fn plan(&self, job: &Job<'_>, survey: Survey) -> Result<Plan, EngineError>;

    /// Brings the stack to where it should be, after asking. With `rollback`, what a failed run created is removed again;
    /// CloudFormation always does so.
    ///
    /// # Errors
    /// A refusal, a failure or an interrupt, with what became of each change.
    async fn change(&self, job: &Job<'_>, survey: Survey, rollback: bool) -> Result<Changed, EngineError>;

    /// Deletes, after asking, and reads back whether it is gone.
    ///
    /// # Errors
    /// A refusal, a failure or an interrupt, with what became of each change.
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
    /// Does work until it ends or is interrupted; work that has not begun by then is not begun.
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

    /// Reports something beside the changes of single resources.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.tell(Event::Note { text: text.into() });
    }

    /// Reports something that stays untidy.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        self.tell(Event::Warning { text: text.into() });
    }

    fn tell(&self, event: Event) {
        // A display that went away must not stop the work.
        let _ = self.events.send(event);
    }
}
