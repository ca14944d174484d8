//! Successive updates of a stack, because CloudFormation creates or deletes one index of a table in each.

use super::Run;
use crate::engine::cloudformation::{Blueprint, ChangeSet, EventLog, StackRecord, seen};
use crate::engine::{EngineError, retirement};
use crate::plan::Plan;
use crate::resources::Former;
use crate::template::{Indexes, TemplateError};

/// The templates of successive updates, each with one index more or less than the one before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stages {
    /// The deployed template, with one new index after the other: the new handler needs them all.
    before: Vec<String>,
    /// The wanted template, still with the former indexes.
    pub(super) main: String,
}

impl Stages {
    /// From a deployed template to a wanted one; `None` if the deployed one has no former indexes.
    fn of(deployed: &str, wanted: &str) -> Result<Option<Self>, TemplateError> {
        let (old, new) = (Indexes::read(deployed)?, Indexes::read(wanted)?);
        let former: Vec<&str> = old.names().into_iter().filter(|name| Former::has(name)).collect();
        if former.is_empty() {
            return Ok(None);
        }
        let made: Vec<&str> = new.names().into_iter().filter(|name| !old.names().contains(name)).collect();
        let step = |number| old.with(&new, &made[..number]).put(deployed);
        let before = (1..=made.len()).map(step).collect::<Result<_, _>>()?;
        Ok(Some(Self { before, main: new.with(&old, &former).put(wanted)? }))
    }

    /// The wanted template, still with some former indexes of the deployed one.
    fn keeping(deployed: &str, wanted: &str, former: &[&str]) -> Result<String, TemplateError> {
        match former {
            [] => Ok(wanted.to_owned()),
            former => Indexes::read(wanted)?.with(&Indexes::read(deployed)?, former).put(wanted),
        }
    }
}

impl<'a> Run<'a> {
    /// The updates that lead to a wanted template; `None` if one suffices.
    pub(super) fn stages(
        &self,
        wanted: &Blueprint,
        record: Option<&StackRecord>,
    ) -> Result<Option<Stages>, EngineError> {
        let deployed = record.and_then(|record| record.template.as_deref());
        let stages = deployed.map(|deployed| Stages::of(deployed, &wanted.template)).transpose()?;
        Ok(stages.flatten())
    }

    /// Makes the new indexes, then plans the update to the wanted template.
    pub(super) async fn staged(
        &self,
        plan: &Plan,
        wanted: Blueprint,
        stages: Stages,
    ) -> Result<Option<ChangeSet<'a>>, EngineError> {
        let number = stages.before.len();
        for (place, template) in stages.before.into_iter().enumerate() {
            self.job.note(format!("new index {} of {number}, in an update of its own", place + 1));
            self.step(plan, Blueprint { template, ..wanted.clone() }).await?;
        }
        let record = StackRecord::read_whole(&self.deployment.clients, &wanted.stack).await?;
        let wanted = Blueprint { template: stages.main, ..wanted };
        self.job.until(self.change_set_of(&wanted, record.as_ref())).await
    }

    /// Moves the incidents, then takes the former indexes away in updates of their own.
    pub(super) async fn retire(&self, plan: &Plan) -> Result<(), EngineError> {
        let Some(former) = Former::of(plan) else { return Ok(()) };
        let record = self.job.until(self.record()).await?;
        let wanted = self.blueprint(plan, Some(&record))?;
        let deployed = record.template.clone().unwrap_or_default();
        for (place, index) in former.indexes.iter().enumerate() {
            if !self.job.until(retirement::may_go(self.job, &former, index)).await? {
                break;
            }
            let later = former.indexes.get(place + 1..).unwrap_or_default();
            let template = Stages::keeping(&deployed, &wanted.template, later)?;
            self.step(plan, Blueprint { template, ..wanted.clone() }).await?;
            retirement::gone(self.job, index);
        }
        Ok(())
    }

    async fn record(&self) -> Result<StackRecord, EngineError> {
        let stack = &self.deployment.stack.place.stack;
        let record = StackRecord::read_whole(&self.deployment.clients, stack).await?;
        record.filter(StackRecord::is_managed).ok_or_else(|| EngineError::ForeignStack(stack.clone()))
    }

    /// One update that the confirmed plan includes.
    async fn step(&self, plan: &Plan, blueprint: Blueprint) -> Result<(), EngineError> {
        let record = self.job.until(self.record()).await?;
        let Some(set) = self.job.until(self.change_set_of(&blueprint, Some(&record))).await? else { return Ok(()) };
        let seen = seen(plan, &set.planned);
        let ending = self.follow(&mut set.execute().await?, EventLog::of(&seen, &set.planned)).await?;
        match ending.status.as_str() {
            "UPDATE_COMPLETE" => Ok(()),
            _ => Err(ending.failure()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(handler: &str, indexes: &[&str]) -> String {
        let indexes: Vec<String> = indexes.iter().map(|name| format!("{{IndexName: {name}}}")).collect();
        format!(
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      GlobalSecondaryIndexes: [{}]\n  {handler}: {{Type: X}}\n",
            indexes.join(", ")
        )
    }

    fn indexes(template: &str) -> Result<Vec<String>, TemplateError> {
        Ok(Indexes::read(template)?.names().into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn each_update_makes_one_index_and_the_former_ones_stay() -> Result<(), TemplateError> {
        let (old, new) = (template("Old", &["by-created", "by-due"]), template("New", &["by-month", "due"]));
        let Some(stages) = Stages::of(&old, &new)? else { unreachable!("the former indexes are there") };
        let [one, two] = &stages.before[..] else { unreachable!("{stages:?}") };
        assert_eq!(indexes(one)?, ["by-created", "by-due", "by-month"]);
        assert_eq!(indexes(two)?, ["by-created", "by-due", "by-month", "due"]);
        assert!(one.contains("Old") && two.contains("Old") && stages.main.contains("New"), "{stages:?}");
        assert_eq!(indexes(&stages.main)?, ["by-month", "due", "by-created", "by-due"]);
        // The next run, which has nothing to make.
        let Some(again) = Stages::of(&stages.main, &new)? else { unreachable!("they are still there") };
        assert_eq!((again.before.len(), &again.main), (0, &stages.main));
        assert_eq!(indexes(&Stages::keeping(&stages.main, &new, &["by-created"])?)?, ["by-month", "due", "by-created"]);
        assert_eq!(Stages::keeping(&stages.main, &new, &[])?, new);
        assert_eq!(Stages::of(&new, &new)?, None);
        Ok(())
    }
}
