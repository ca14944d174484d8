//! `up` through CloudFormation.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::Run;
use crate::cli::CommandError;
use crate::cli::failure::failure;
use crate::engine::Outcome;
use crate::engine::cloudformation::{
    Aim, Blueprint, ChangeSet, StackRecord, Standing, Story, lay_over, refuse_replacement, seen, unseen,
};
use crate::plan::{Ownership, Plan};

impl<'a> Run<'a> {
    /// Makes a change set, shows what it and the live reads say, asks, and follows its execution. What CloudFormation
    /// does not see, because somebody changed AWS behind its back, goes through the services' own APIs: afterwards its
    /// record is true again.
    pub(in crate::cli) async fn change(
        &self,
        mut plan: Plan,
        record: Option<StackRecord>,
    ) -> Result<(Plan, Outcome), CommandError> {
        let (record, touched) = self.ready(record).await?;
        if touched {
            plan = self.deployment.plan().await?;
        }
        let set = tokio::select! {
            set = self.change_set(&plan, record.as_ref()) => set?,
            () = self.interrupt.wait() => return Err(CommandError::interrupted()),
        };
        lay_over(&mut plan, set.as_ref().map_or(&[], |set| &set.foreseen));
        if let Err(refusal) = self.prepare(&plan, set.as_ref()).await {
            if let Some(set) = set {
                set.discard().await?;
            }
            return Err(refusal);
        }
        let outcome = self.apply(&plan, set).await?;
        Ok((plan, outcome))
    }

    /// The change set; `None` when the template is the one that CloudFormation has.
    async fn change_set(
        &self,
        plan: &Plan,
        record: Option<&StackRecord>,
    ) -> Result<Option<ChangeSet<'a>>, CommandError> {
        let clients = &self.deployment.clients;
        let blueprint = self.blueprint(plan)?;
        if let Some(record) = record.filter(|record| record.standing() == Standing::Usable) {
            let same_values = blueprint.parameters.iter().all(|(key, value)| record.parameters.get(key) == Some(value));
            if same_values && record.template(clients).await? == blueprint.template {
                return Ok(None);
            }
        }
        Ok(ChangeSet::make(clients, &blueprint, record).await?)
    }

    /// What CloudFormation is given: the finished template without what existed before the stack, which it could
    /// neither create nor leave alone.
    fn blueprint(&self, plan: &Plan) -> Result<Blueprint, CommandError> {
        let adopted = plan
            .changes
            .iter()
            .filter(|change| change.observed.as_ref().is_some_and(|observed| observed.ownership == Ownership::Adopted));
        let adopted: Vec<&str> = adopted.map(|change| change.logical_id.as_str()).collect();
        Ok(Blueprint {
            stack: self.deployment.stack.place.stack.clone(),
            template: crate::template::without(&self.deployment.template, &adopted)?,
            parameters: BTreeMap::from([("CodeBucket".to_owned(), self.bucket().name().to_owned())]),
        })
    }

    /// Everything that can still be called off: consent, and the upload of the code.
    async fn prepare(&self, plan: &Plan, set: Option<&ChangeSet<'_>>) -> Result<(), CommandError> {
        if plan.is_empty() && set.is_none() {
            self.ui.say("nothing to change: everything is as the template wants it");
            return Ok(());
        }
        let foreseen = set.map_or(&[][..], |set| &set.foreseen);
        refuse_replacement(foreseen)?;
        let drift = unseen(plan, foreseen);
        if !drift.is_empty() {
            let ids: Vec<&str> = drift.changes.iter().map(|change| change.logical_id.as_str()).collect();
            self.ui.say(&format!(
                "CloudFormation does not see that these differ: {}; they are repaired through the services' own APIs",
                ids.join(", ")
            ));
        }
        self.deployment.check_obstacles(plan).await?;
        let (shown, given) = (plan.clone(), self.settings.clone());
        self.ask(move |ui| crate::cli::up::agree(&shown, &given, ui)).await?;
        if !self.settings.yes {
            self.deployment.check_still(plan).await?;
        }
        match set {
            Some(_) => self.upload().await,
            None => Ok(()),
        }
    }

    async fn upload(&self) -> Result<(), CommandError> {
        let Some(package) = self.deployment.package() else { return Ok(()) };
        let (bucket, key) = (self.bucket(), package.key());
        tokio::select! {
            held = bucket.hold(&key, package) => Ok(held?),
            () = self.interrupt.wait() => Err(CommandError::interrupted()),
        }
    }

    async fn apply(&self, plan: &Plan, set: Option<ChangeSet<'_>>) -> Result<Outcome, CommandError> {
        let began = SystemTime::now();
        let foreseen = set.as_ref().map_or(&[][..], |set| &set.foreseen);
        // First, because CloudFormation fails at what vanished.
        let mut outcome = self.repair(&unseen(plan, foreseen)).await?;
        let Some(set) = &set else { return Ok(outcome) };
        let seen = seen(plan, foreseen);
        let ending = self.follow(&mut set.execute().await?, Story::of(&seen, foreseen)).await?;
        if !matches!(ending.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") {
            if set.aim() == Aim::Create {
                // Without a stack nobody would know of them.
                self.clear().await?;
            }
            return Err(ending.failure());
        }
        outcome.finished.extend(ending.outcome.finished);
        if set.aim() == Aim::Update {
            // What was changed by the template and by somebody else, CloudFormation has brought only half the way.
            outcome.finished.extend(self.repair(&self.deployment.plan().await?).await?.finished);
        }
        self.prune(began).await;
        Ok(outcome)
    }

    /// Deletes the zips of earlier versions. What stays is only untidy, so a refusal is no failure.
    async fn prune(&self, began: SystemTime) {
        let Some(package) = self.deployment.package() else { return };
        if let Err(error) = self.bucket().prune(&package.key(), began).await {
            let name = self.bucket().name().to_owned();
            self.ui.warn(&format!("the zips of earlier versions stay in the bucket {name}: {error}"));
        }
    }

    async fn repair(&self, drift: &Plan) -> Result<Outcome, CommandError> {
        if drift.is_empty() {
            return Ok(Outcome::default());
        }
        let outcome = self.deployment.apply(drift, self.interrupt.clone(), self.ui).await;
        failure(&outcome, Some("incidentctl up")).map_or(Ok(outcome), Err)
    }
}
