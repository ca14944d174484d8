//! The stack as it should be in one account, and the means to bring it there.

use tokio::sync::mpsc::UnboundedSender;

use super::cloudformation::StackRecord;
use super::{EngineError, Interrupt, Outcome, apply};
use crate::aws::{AwsError, Clients};
use crate::package::Package;
use crate::plan::{Observations, Plan};
use crate::progress::{Event, Progress};
use crate::resources::{self, Context, Scope, Subscription};
use crate::template::Stack;

/// A stack and what it takes to deploy it.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The service clients.
    pub clients: Clients,
    /// The stack as it should be.
    pub stack: Stack,
    /// The finished template that the stack was resolved from.
    pub template: String,
    /// The code of the functions; absent where nothing is made of it.
    pub package: Option<Package>,
}

/// What was found before anything is changed.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What `up` has to change.
    pub plan: Plan,
    /// What CloudFormation knows of the stack.
    pub record: Option<StackRecord>,
}

impl Deployment {
    /// Who is subscribed to the alerts.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, AwsError> {
        let topic = self.stack.get("AlertTopic").map_or("", |topic| &topic.attributes.reference);
        Subscription::of_topic(&self.clients, topic).await
    }

    /// What the providers work with.
    pub fn context(&self) -> Context<'_> {
        Context {
            clients: &self.clients,
            place: &self.stack.place,
            package: self.package.as_ref(),
            progress: Progress::silent(),
        }
    }

    /// What exists.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn observe(&self, scope: Scope) -> Result<Observations, AwsError> {
        resources::observe(&self.context(), &self.stack, scope).await
    }

    /// What `up` has to change.
    ///
    /// # Errors
    /// A call that fails, and resources that are not ours.
    pub async fn plan(&self) -> Result<Plan, EngineError> {
        Ok(Plan::up(&self.stack, &self.observe(Scope::WithSurplus).await?, &resources::RULES)?)
    }

    /// What `up` has to change, and what CloudFormation knows of the stack; all reads go out together.
    ///
    /// # Errors
    /// A call that fails, and resources that are not ours.
    pub async fn survey(&self) -> Result<Survey, EngineError> {
        let record = async { Ok(self.record().await?) };
        let (plan, record) = tokio::try_join!(self.plan(), record)?;
        Ok(Survey { plan, record })
    }

    /// What CloudFormation knows of the stack.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn record(&self) -> Result<Option<StackRecord>, AwsError> {
        StackRecord::read(&self.clients, &self.stack.place.stack).await
    }

    /// Refuses a plan whose deletions AWS would refuse.
    pub(crate) async fn refuse_blocked(&self, plan: &Plan) -> Result<(), EngineError> {
        match resources::obstacles(&self.context(), plan).await? {
            found if found.is_empty() => Ok(()),
            found => Err(EngineError::Blocked(found)),
        }
    }

    /// Refuses a plan when AWS is not any more as the plan found it.
    pub(crate) async fn refuse_stale(&self, plan: &Plan) -> Result<(), EngineError> {
        match plan.moved(&resources::observe_again(&self.context(), plan).await?) {
            moved if moved.is_empty() => Ok(()),
            moved => Err(EngineError::Stale(moved)),
        }
    }

    /// Carries out a plan through the services' own APIs; what happens goes to `events`.
    pub(crate) async fn apply(&self, plan: &Plan, interrupt: Interrupt, events: &UnboundedSender<Event>) -> Outcome {
        apply(&self.context(), plan, events, interrupt).await
    }
}
