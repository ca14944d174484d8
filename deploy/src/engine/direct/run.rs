//! A plan from confirmation to verification, through the services' own APIs.

use async_trait::async_trait;

use crate::engine::{
    Changed, DeployEngine, Deployment, EngineError, Job, Outcome, Removal, Rollback, Survey, retirement,
};
use crate::plan::{Action, Plan};
use crate::resources::{Former, Scope};

/// Deploys through the services' own APIs, with independent changes in parallel.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct ThroughServices;

#[async_trait]
impl DeployEngine for ThroughServices {
    async fn plan(&self, job: &Job<'_>, survey: Survey) -> Result<Plan, EngineError> {
        retirement::announce(job, &survey.plan);
        Ok(survey.plan)
    }

    async fn change(&self, job: &Job<'_>, survey: Survey, rollback: bool) -> Result<Changed, EngineError> {
        let plan = survey.plan;
        if plan.is_empty() {
            job.note(NOTHING_TO_CHANGE);
            return Ok(Changed { plan, outcome: Outcome::default() });
        }
        retirement::announce(job, &plan);
        job.until(agreed(job, &plan)).await?;
        let outcome = job.deployment.apply(&plan, job.interrupt.clone(), &job.events).await;
        if outcome.is_complete() {
            return Ok(Changed { plan, outcome });
        }
        let rollback = match rollback {
            true => Some(roll_back(job, &plan, &outcome).await?),
            false => None,
        };
        Err(EngineError::Unfinished { outcome: Box::new(outcome), rollback })
    }

    async fn retire(&self, job: &Job<'_>, plan: &Plan) -> Result<(), EngineError> {
        let Some(former) = Former::of(plan) else { return Ok(()) };
        job.until(retire(job, &former)).await
    }

    async fn remove(&self, job: &Job<'_>, removal: Removal) -> Result<Changed, EngineError> {
        let plan = removal.plan;
        if plan.changes.is_empty() {
            job.note(nothing_to_delete(job.deployment));
            return Ok(Changed { plan, outcome: Outcome::default() });
        }
        job.until(job.deployment.refuse_blocked(&plan)).await?;
        job.until(job.confirm.remove(&plan)).await?;
        job.deployment.refuse_filled(&plan).await?;
        let plan = plan.agreed();
        let outcome = job.deployment.apply(&plan, job.interrupt.clone(), &job.events).await;
        if !outcome.is_complete() {
            return Err(EngineError::Unfinished { outcome: Box::new(outcome), rollback: None });
        }
        refuse_left(&left(job, &plan).await?)?;
        Ok(Changed { plan, outcome })
    }
}

async fn retire(job: &Job<'_>, former: &Former) -> Result<(), EngineError> {
    for index in &former.indexes {
        if !retirement::may_go(job, former, index).await? {
            break;
        }
        former.delete(&job.deployment.context(), index).await?;
        retirement::gone(job, index);
    }
    Ok(())
}

/// Asks for confirmation, and checks before and after that the plan can be applied as shown.
async fn agreed(job: &Job<'_>, plan: &Plan) -> Result<(), EngineError> {
    job.deployment.refuse_blocked(plan).await?;
    job.confirm.change(plan).await?;
    match job.confirm.is_answered() {
        true => Ok(()),
        false => tokio::try_join!(job.deployment.refuse_stale(plan), job.deployment.refuse_filled(plan)).map(drop),
    }
}

/// The note for an empty plan.
pub(in crate::engine) const NOTHING_TO_CHANGE: &str = "nothing to change: everything matches the template";

/// The note when nothing of the stack exists.
pub(in crate::engine) fn nothing_to_delete(deployment: &Deployment) -> String {
    format!("nothing to delete: the stack `{}` owns nothing here", deployment.stack.place.stack)
}

async fn roll_back(job: &Job<'_>, plan: &Plan, outcome: &Outcome) -> Result<Rollback, EngineError> {
    job.note("rolling back what this run created");
    let undo = outcome.undo(plan, &job.deployment.observe(Scope::StackOnly).await?);
    let undone = job.deployment.apply(&undo, job.interrupt.answered(), &job.events).await;
    let complete = undone.failures.is_empty() && undone.not_begun.is_empty();
    Ok(Rollback { removed: undone.count(Action::Delete), complete })
}

/// What a removal should have deleted and still exists.
pub(in crate::engine) async fn left(job: &Job<'_>, plan: &Plan) -> Result<Plan, EngineError> {
    let observed = match job.until(job.deployment.observe(Scope::Everything)).await {
        Err(EngineError::Interrupted) => return Err(EngineError::Unchecked),
        observed => observed?,
    };
    let mut left = Plan::down(&job.deployment.stack, &observed);
    left.changes.retain(|change| plan.leftovers.iter().all(|kept| kept.logical_id != change.logical_id));
    // The confirmation still covers it.
    for change in &mut left.changes {
        let agreed = plan.changes.iter().find(|agreed| agreed.logical_id == change.logical_id);
        change.data_loss |= agreed.is_some_and(|agreed| agreed.data_loss);
    }
    Ok(left)
}

/// Fails while AWS still shows a deleted resource.
pub(in crate::engine) fn refuse_left(left: &Plan) -> Result<(), EngineError> {
    match left.changes.is_empty() {
        true => Ok(()),
        false => {
            let ids = left.changes.iter().map(|change| change.logical_id.clone());
            Err(EngineError::StillThere(ids.collect()))
        }
    }
}
