//! The desired stack in one account, and the means to deploy it.

use futures_util::future::try_join_all;
use tokio::sync::mpsc::UnboundedSender;

use super::cloudformation::StackRecord;
use super::{EngineError, Interrupt, Outcome, apply};
use crate::aws::{AwsError, Clients};
use crate::package::Package;
use crate::plan::{Action, Observations, Plan};
use crate::progress::{Event, Progress};
use crate::resources::{self, Context, Scope, Subscription};
use crate::template::{self, Stack};

/// A stack and everything its deployment needs.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The service clients.
    pub clients: Clients,
    /// The desired stack.
    pub stack: Stack,
    /// The finished template of the stack.
    pub template: String,
    /// The functions' code; absent where none is deployed.
    pub package: Option<Package>,
}

/// The findings before any change.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What `up` would change.
    pub plan: Plan,
    /// CloudFormation's record of the stack.
    pub record: Option<StackRecord>,
}

impl Deployment {
    /// The subscriptions to the alerts.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, AwsError> {
        Subscription::of_topic(&self.clients, self.alert_topic()).await
    }

    /// ARN of the alert topic.
    pub fn alert_topic(&self) -> &str {
        self.stack.get("AlertTopic").map_or("", |topic| &topic.attributes.reference)
    }

    /// The providers' context.
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

    /// Plans `up` and reads CloudFormation's record, concurrently. The engine that owns the stack records which subscriptions
    /// the stack made.
    ///
    /// # Errors
    /// A call that fails, resources that are not ours, and a stack from a newer version.
    pub async fn survey(&self) -> Result<Survey, EngineError> {
        let record = async {
            let record = StackRecord::read_whole(&self.clients, &self.stack.place.stack).await?;
            record.as_ref().map_or(Ok(()), StackRecord::refuse_newer)?;
            Ok::<_, EngineError>(record)
        };
        let observations = async { Ok(self.observe(Scope::WithOrphans).await?) };
        let (mut observations, record) = tokio::try_join!(observations, record)?;
        let mut stack = self.stack.clone();
        if let Some(template) = record.as_ref().and_then(|record| record.template.as_deref()) {
            let known = template::subscribed(template)?;
            resources::by_record(&self.context(), &mut stack, &mut observations, &known).await?;
        }
        let mut plan = Plan::up(&stack, &observations, &resources::RULES)?;
        self.mark_data_loss(&mut plan).await?;
        Ok(Survey { plan, record })
    }

    /// Marks the deletions that would lose the resource's current contents.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn mark_data_loss(&self, plan: &mut Plan) -> Result<(), AwsError> {
        resources::mark_data_loss(&self.context(), plan).await
    }

    /// CloudFormation's record of the stack.
    ///
    /// # Errors
    /// A call that fails, and a stack from a newer version.
    pub async fn record(&self) -> Result<Option<StackRecord>, EngineError> {
        let record = StackRecord::read(&self.clients, &self.stack.place.stack).await?;
        record.as_ref().map_or(Ok(()), StackRecord::refuse_newer)?;
        Ok(record)
    }

    /// Rejects a plan when data arrived after it was shown, in a resource that had been empty.
    pub(crate) async fn refuse_filled(&self, plan: &Plan) -> Result<(), EngineError> {
        let mut now = plan.clone();
        self.mark_data_loss(&mut now).await?;
        let filled = now.changes.iter().zip(&plan.changes).find(|(now, before)| now.data_loss && !before.data_loss);
        filled.map_or(Ok(()), |(filled, _)| Err(EngineError::Filled(filled.described())))
    }

    /// Waits until created and changed resources work.
    pub(crate) async fn wait_for(&self, outcome: &Outcome) -> Result<(), AwsError> {
        let made = outcome.finished.iter().map(|finished| &finished.change);
        let made = made.filter(|change| change.action != Action::Delete);
        let context = self.context();
        try_join_all(made.map(|change| resources::ready(&context, change))).await.map(|_| ())
    }

    /// Rejects a plan with deletions that AWS would refuse.
    pub(crate) async fn refuse_blocked(&self, plan: &Plan) -> Result<(), EngineError> {
        match resources::delete_blockers(&self.context(), plan).await? {
            found if found.is_empty() => Ok(()),
            found => Err(EngineError::Blocked(found)),
        }
    }

    /// Rejects a plan when AWS changed since it was made.
    pub(crate) async fn refuse_stale(&self, plan: &Plan) -> Result<(), EngineError> {
        match plan.stale(&resources::observe_again(&self.context(), plan).await?) {
            stale if stale.is_empty() => Ok(()),
            stale => Err(EngineError::Stale(stale)),
        }
    }

    /// Applies a plan through the services' own APIs, and reports progress to `events`.
    pub(crate) async fn apply(&self, plan: &Plan, interrupt: Interrupt, events: &UnboundedSender<Event>) -> Outcome {
        apply(&self.context(), plan, events, interrupt).await
    }
}
