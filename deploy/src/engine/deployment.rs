//! The stack as it should be in one account, and the means to bring it there.

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
        Subscription::of_topic(&self.clients, self.alert_topic()).await
    }

    /// ARN of the topic of the alerts.
    pub fn alert_topic(&self) -> &str {
        self.stack.get("AlertTopic").map_or("", |topic| &topic.attributes.reference)
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

    /// What `up` has to change, and what CloudFormation knows of the stack; the reads go out together. Which subscriptions
    /// the stack made is remembered by the engine that owns it.
    ///
    /// # Errors
    /// A call that fails, resources that are not ours, and a stack that a newer program deployed.
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
        self.weigh(&mut plan).await?;
        Ok(Survey { plan, record })
    }

    /// StateTags the deletions that lose what is in the resource at this moment.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn weigh(&self, plan: &mut Plan) -> Result<(), AwsError> {
        resources::weigh(&self.context(), plan).await
    }

    /// What CloudFormation knows of the stack.
    ///
    /// # Errors
    /// A call that fails, and a stack that a newer program deployed.
    pub async fn record(&self) -> Result<Option<StackRecord>, EngineError> {
        let record = StackRecord::read(&self.clients, &self.stack.place.stack).await?;
        record.as_ref().map_or(Ok(()), StackRecord::refuse_newer)?;
        Ok(record)
    }

    /// Refuses a plan when data came, while the person was deciding, into what had none.
    pub(crate) async fn refuse_filled(&self, plan: &Plan) -> Result<(), EngineError> {
        let mut now = plan.clone();
        self.weigh(&mut now).await?;
        let filled = now.changes.iter().zip(&plan.changes).find(|(now, before)| now.data_loss && !before.data_loss);
        filled.map_or(Ok(()), |(filled, _)| Err(EngineError::Filled(filled.described())))
    }

    /// Waits until what was made or changed works.
    pub(crate) async fn wait_for(&self, outcome: &Outcome) -> Result<(), AwsError> {
        let made = outcome.finished.iter().map(|finished| &finished.change);
        let made = made.filter(|change| change.action != Action::Delete);
        let context = self.context();
        try_join_all(made.map(|change| resources::ready(&context, change))).await.map(|_| ())
    }

    /// Refuses a plan whose deletions AWS would refuse.
    pub(crate) async fn refuse_blocked(&self, plan: &Plan) -> Result<(), EngineError> {
        match resources::delete_blockers(&self.context(), plan).await? {
            found if found.is_empty() => Ok(()),
            found => Err(EngineError::Blocked(found)),
        }
    }

    /// Refuses a plan when AWS is not any more as the plan found it.
    pub(crate) async fn refuse_stale(&self, plan: &Plan) -> Result<(), EngineError> {
        match plan.stale(&resources::observe_again(&self.context(), plan).await?) {
            stale if stale.is_empty() => Ok(()),
            stale => Err(EngineError::Stale(stale)),
        }
    }

    /// Carries out a plan through the services' own APIs; what happens goes to `events`.
    pub(crate) async fn apply(&self, plan: &Plan, interrupt: Interrupt, events: &UnboundedSender<Event>) -> Outcome {
        apply(&self.context(), plan, events, interrupt).await
    }
}
