//! Planning and changing a stack.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::{Run, ready};
use crate::engine::cloudformation::{
    Aim, Blueprint, ChangeSet, EventLog, StackRecord, StackState, lay_over, refuse_replacement, seen, unseen,
};
use crate::engine::direct::NOTHING_TO_CHANGE;
use crate::engine::{EngineError, Outcome, Survey, retirement};
use crate::plan::{Action, Change, Ownership, Plan};
use crate::resources::Former;
use crate::template::{self, SUBSCRIPTION, Subscribed, same_address};

impl<'a> Run<'a> {
    /// Creates a change set, merges it into the plan from live reads, and discards it.
    pub(super) async fn plan(&self, survey: Survey) -> Result<Plan, EngineError> {
        let Survey { mut plan, record, .. } = survey;
        if let Some(record) = &record {
            self.refuse_foreign(record).await?;
            if !ready::is_ready(record) {
                let status = &record.status;
                self.job.note(format!(
                    "the stack is in the state {status}, in which CloudFormation plans nothing: this is what live \
                     reads say; `incidentctl up` follows or repairs the stack first"
                ));
                return Ok(plan);
            }
        }
        let set = match self.job.until(self.change_set(&plan, record.as_ref())).await {
            Err(EngineError::Aws(error)) if error.is_denied() => {
                self.job.warn(format!("no change set was created, so this plan rests on live reads alone: {error}"));
                return Ok(plan);
            }
            set => set?,
        };
        if let Some(set) = set {
            lay_over(&mut plan, &set.planned);
            self.discard(&set).await?;
        }
        retirement::announce(self.job, &plan);
        Ok(plan)
    }

    /// Creates a change set, shows it merged with the live reads, asks for confirmation, and follows its execution.
    /// Drift, which CloudFormation does not see, is repaired through the services' own APIs: afterwards its record is
    /// correct again.
    pub(super) async fn change(&self, survey: Survey) -> Result<(Plan, Outcome), EngineError> {
        let Survey { mut plan, record, .. } = survey;
        let (mut record, touched) = self.ready(record).await?;
        if touched {
            Survey { plan, record, .. } = self.deployment.survey().await?;
        }
        let set = self.job.until(self.change_set(&plan, record.as_ref())).await?;
        lay_over(&mut plan, set.as_ref().map_or(&[], |set| &set.planned));
        if let Err(refusal) = self.prepare(&plan, set.as_ref()).await {
            if let Some(set) = set {
                self.discard(&set).await?;
            }
            return Err(refusal);
        }
        let wanted = self.blueprint(&plan, record.as_ref())?;
        let set = match self.stages(&wanted, record.as_ref())? {
            None => set,
            Some(stages) => {
                if let Some(whole) = set {
                    whole.discard().await?;
                }
                self.staged(&plan, wanted, stages).await?
            }
        };
        let outcome = self.apply(&plan, set).await?;
        Ok((plan, outcome))
    }

    /// Discards a change set, with the template that it put into the bucket for a stack that does not exist.
    async fn discard(&self, set: &ChangeSet<'_>) -> Result<(), EngineError> {
        set.discard().await?;
        match set.leaves_template() {
            true => self.clear().await,
            false => Ok(()),
        }
    }

    /// The change set; `None` when CloudFormation already has this template.
    async fn change_set(
        &self,
        plan: &Plan,
        record: Option<&StackRecord>,
    ) -> Result<Option<ChangeSet<'a>>, EngineError> {
        let blueprint = self.blueprint(plan, record)?;
        self.change_set_of(&blueprint, record).await
    }

    /// The change set for a template; `None` when CloudFormation already has it.
    pub(super) async fn change_set_of(
        &self,
        blueprint: &Blueprint,
        record: Option<&StackRecord>,
    ) -> Result<Option<ChangeSet<'a>>, EngineError> {
        if let Some(record) = record.filter(|record| record.state() == StackState::Usable) {
            let same_values = blueprint.parameters.iter().all(|(key, value)| record.parameters.get(key) == Some(value));
            if same_values && record.template.as_ref() == Some(&blueprint.template) {
                return Ok(None);
            }
        }
        Ok(ChangeSet::make(&self.deployment.clients, blueprint, &self.bucket(), record).await?)
    }

    /// CloudFormation's input: the finished template with the subscriptions that stay, without the resources that
    /// existed before the stack, which CloudFormation could neither create nor leave alone.
    pub(super) fn blueprint(&self, plan: &Plan, record: Option<&StackRecord>) -> Result<Blueprint, EngineError> {
        let adopted = plan
            .changes
            .iter()
            .filter(|change| change.observed.as_ref().is_some_and(|observed| observed.ownership == Ownership::Adopted));
        let adopted: Vec<&str> = adopted.map(|change| change.logical_id.as_str()).collect();
        let template = template::without(&self.deployment.template, &adopted)?;
        let known = record.and_then(|record| record.template.as_deref()).map(template::subscribed).transpose()?;
        let known = known.unwrap_or_default();
        let wanted = template::subscribed(&self.deployment.template)?;
        let kept: Vec<&Subscribed> = known.iter().filter(|known| stays(known, &wanted, plan)).collect();
        Ok(Blueprint {
            stack: self.deployment.stack.place.stack.clone(),
            template: template::compact(&template::keeping(&template, &kept)?)?,
            parameters: BTreeMap::from([("CodeBucket".to_owned(), self.bucket().name().to_owned())]),
        })
    }

    /// The steps before anything changes: confirmation, and the upload of the code.
    async fn prepare(&self, plan: &Plan, set: Option<&ChangeSet<'_>>) -> Result<(), EngineError> {
        if plan.is_empty() && set.is_none() {
            self.job.note(NOTHING_TO_CHANGE);
            return Ok(());
        }
        let planned = set.map_or(&[][..], |set| &set.planned);
        refuse_replacement(planned)?;
        let drift = unseen(plan, planned);
        if !drift.is_empty() {
            let ids: Vec<&str> = drift.changes.iter().map(|change| change.logical_id.as_str()).collect();
            self.job.note(format!(
                "drift that CloudFormation does not detect: {}; it is repaired through the services' own APIs",
                ids.join(", ")
            ));
        }
        retirement::announce(self.job, plan);
        self.deployment.refuse_blocked(plan).await?;
        self.job.until(self.job.confirm.change(plan)).await?;
        if !self.job.confirm.is_answered() {
            self.deployment.refuse_stale(plan).await?;
            self.deployment.refuse_filled(plan).await?;
        }
        match set {
            Some(_) => self.upload().await,
            None => Ok(()),
        }
    }

    async fn upload(&self) -> Result<(), EngineError> {
        let Some(package) = &self.deployment.package else { return Ok(()) };
        let (bucket, key) = (self.bucket(), package.key());
        self.job.until(bucket.hold(&key, package)).await
    }

    async fn apply(&self, plan: &Plan, set: Option<ChangeSet<'_>>) -> Result<Outcome, EngineError> {
        let began = SystemTime::now();
        let planned = set.as_ref().map_or(&[][..], |set| &set.planned);
        // First, because CloudFormation fails on resources that vanished.
        let mut outcome = self.repair(&unseen(plan, planned)).await?;
        let Some(set) = &set else { return Ok(outcome) };
        let seen = seen(plan, planned);
        let ending = self.follow(&mut set.execute().await?, EventLog::of(&seen, planned)).await?;
        if !matches!(ending.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") {
            if set.aim() == Aim::Create {
                // Without a stack there is no record of them.
                self.clear().await?;
            }
            return Err(ending.failure());
        }
        // CloudFormation may finish before a function can be invoked.
        self.wait_for(&ending.outcome).await?;
        outcome.finished.extend(ending.outcome.finished);
        if set.aim() == Aim::Update {
            // Resources with both template changes and drift are only half repaired by CloudFormation.
            let mut rest = self.deployment.survey().await?.plan;
            // They go later.
            rest.changes.retain(|change| !Former::is_all_of(change));
            rest.changes.extend(self.still_subscribed(plan).await?);
            outcome.finished.extend(self.repair(&rest).await?.finished);
        }
        self.prune(began).await;
        Ok(outcome)
    }

    async fn wait_for(&self, outcome: &Outcome) -> Result<(), EngineError> {
        self.job.until(self.deployment.wait_for(outcome)).await
    }

    /// The subscriptions that the plan deletes and that still exist: CloudFormation only unsubscribes ARNs that it
    /// knows, and an address that was re-subscribed outside of it has another ARN.
    async fn still_subscribed(&self, plan: &Plan) -> Result<Vec<Change>, EngineError> {
        let ended: Vec<&Change> = plan
            .changes
            .iter()
            .filter(|change| change.action == Action::Delete && change.resource_type == SUBSCRIPTION)
            .collect();
        if ended.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.deployment.subscriptions().await?;
        let exists = |change: &&&Change| {
            let observed = change.observed.as_ref();
            observed.is_some_and(|observed| found.iter().any(|one| one.endpoint == observed.physical_id))
        };
        Ok(ended.iter().filter(exists).map(|change| (*change).clone()).collect())
    }

    /// Deletes the zips of earlier versions. Leftovers are harmless, so an error is only a warning.
    async fn prune(&self, began: SystemTime) {
        let Some(package) = &self.deployment.package else { return };
        if let Err(error) = self.bucket().prune(&package.key(), began).await {
            let name = self.bucket().name().to_owned();
            self.job.warn(format!("the zips of earlier versions stay in the bucket {name}: {error}"));
        }
    }

    async fn repair(&self, drift: &Plan) -> Result<Outcome, EngineError> {
        if drift.is_empty() {
            return Ok(Outcome::default());
        }
        let outcome = self.deployment.apply(drift, self.job.interrupt.clone(), &self.job.events).await;
        match outcome.is_complete() {
            true => Ok(outcome),
            false => Err(EngineError::Unfinished { outcome: Box::new(outcome), rollback: None }),
        }
    }
}

/// Whether a subscription that CloudFormation created stays: its address is wanted, no address was given, or the plan
/// keeps it for now.
fn stays(known: &Subscribed, wanted: &[Subscribed], plan: &Plan) -> bool {
    let is_wanted = wanted.iter().any(|wanted| same_address(&wanted.address, &known.address));
    is_wanted || wanted.is_empty() || plan.leftovers.iter().any(|left| left.logical_id == known.logical_id)
}
