//! `incidentctl down`.

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::deployment::{self, Deployment};
use super::failure::failure;
use super::interruptible::{ask, until};
use super::{CommandError, cloudformation};
use crate::aws::Session;
use crate::engine::cloudformation::StackRecord;
use crate::engine::{self, Interrupt, Outcome, any_is_ours};
use crate::plan::{Action, Plan, refuse_newer};
use crate::resources::Scope;
use crate::settings::{Engine, Settings};
use crate::ui::Ui;

/// Remove everything that the stack owns
#[derive(Debug, Default, Args)]
pub struct DownArgs {
    /// Leave the table with the incidents, the log groups, and queues that are not empty
    #[arg(long)]
    pub keep_data: bool,

    /// How to delete [default: as the stack was deployed]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,
}

/// Removes the stack.
pub(super) async fn run(args: DownArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let interrupt = Interrupt::listen()?;
    let session = until(&interrupt, super::connect(settings, ui)).await?;
    remove_stack(&session, args, settings, &interrupt, ui).await
}

/// Removes the stack of a connected account.
pub(super) async fn remove_stack(
    session: &Session,
    args: DownArgs,
    settings: &Settings,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<(), CommandError> {
    let start = Instant::now();
    let deployment = Deployment::without_code(session, settings)?;
    let reads = async { tokio::try_join!(deployment.observe(Scope::Everything), deployment.record()) };
    let (observations, record) = until(interrupt, reads).await?;
    refuse_newer(&observations)?;
    let wanted = args.engine.or(settings.engine);
    let engine = engine::choose(wanted, record.as_ref(), any_is_ours(&observations))?;
    // What CloudFormation does not have a record of, it has no part in.
    let record = record.filter(|_| engine == Engine::CloudFormation);
    let mut everything = Plan::down(&deployment.stack, &observations);
    deployment.weigh(&mut everything).await?;
    let holds_data = everything.changes.iter().filter(|change| change.data_loss && args.keep_data);
    let kept: Vec<String> = holds_data.map(|change| change.logical_id.clone()).collect();
    let plan = if args.keep_data { everything.keeping_data() } else { everything };
    let outcome = match plan.changes.is_empty() && record.is_none() {
        true => {
            ui.say(&format!("nothing to delete: the stack `{}` owns nothing here", settings.stack));
            if engine == Engine::CloudFormation {
                let run = cloudformation::Run { deployment: &deployment, settings, interrupt, ui };
                until(interrupt, run.clear()).await?;
            }
            Outcome::default()
        }
        false => {
            until(interrupt, deployment.check_obstacles(&plan)).await?;
            let run = cloudformation::Run { deployment: &deployment, settings, interrupt, ui };
            remove(&run, &plan, record, &kept).await?
        }
    };
    tell(&deployment, &plan, &outcome, start, ui)?;
    if args.keep_data && !plan.leftovers.is_empty() {
        // CloudFormation knows nothing of it any more.
        let by = if engine == Engine::CloudFormation { " --engine direct" } else { "" };
        ui.hint(&format!(
            "`incidentctl down{by}` without --keep-data removes what was kept; `incidentctl up{by}` uses it again"
        ));
    }
    Ok(())
}

fn question(plan: &Plan) -> String {
    let full: Vec<String> =
        plan.changes.iter().filter(|change| change.holds.is_some()).map(deployment::named).collect();
    let records = plan.changes.iter().any(|change| change.data_loss && change.holds.is_none());
    let records = records.then(|| "recorded incidents".to_owned());
    let lost: Vec<String> = records.into_iter().chain(full).collect();
    match lost.as_slice() {
        [] => "Delete all of this?".to_owned(),
        lost => format!("Delete all of this, {} included?", lost.join(" and ")),
    }
}

/// Deletes, and reads back whether it is gone.
async fn remove(
    run: &cloudformation::Run<'_>,
    plan: &Plan,
    record: Option<StackRecord>,
    kept: &[String],
) -> Result<Outcome, CommandError> {
    let cloudformation::Run { deployment, settings, interrupt, ui } = *run;
    ui.say(&deployment::describe(plan));
    let managed = record.is_some();
    let mut outcome = match record {
        Some(record) => run.remove(plan, record, kept, question(plan)).await?,
        None => {
            let (question, yes) = (question(plan), settings.yes);
            ask(ui, interrupt, move |ui| ui.consent(&question, yes)).await?;
            deployment.check_still_empty(plan).await?;
            deployment.apply(plan, interrupt.clone(), ui).await
        }
    };
    if let Some(failure) = failure(&outcome, Some("incidentctl down")) {
        return Err(failure);
    }
    let mut left = what_is_left(deployment, plan, interrupt).await?;
    if managed && !left.is_empty() {
        // What was repaired behind CloudFormation's back it may not have found.
        outcome.finished.extend(deployment.apply(&left, interrupt.clone(), ui).await.finished);
        left = what_is_left(deployment, plan, interrupt).await?;
    }
    let names: Vec<&str> = left.changes.iter().map(|change| change.logical_id.as_str()).collect();
    match names.as_slice() {
        [] => Ok(outcome),
        names => Err(CommandError::failed(format!("AWS still shows {}", names.join(", ")))
            .hint("AWS may need a moment: run `incidentctl down` again")),
    }
}

/// What `down` should have deleted and AWS still has.
async fn what_is_left(deployment: &Deployment, plan: &Plan, interrupt: &Interrupt) -> Result<Plan, CommandError> {
    let observed = tokio::select! {
        observed = deployment.observe(Scope::Everything) => observed?,
        () = interrupt.wait() => return Err(CommandError::interrupted().hint("everything was asked to be deleted")),
    };
    let mut left = Plan::down(&deployment.stack, &observed);
    left.changes.retain(|change| plan.leftovers.iter().all(|kept| kept.logical_id != change.logical_id));
    // What was agreed to stands.
    for change in &mut left.changes {
        let agreed = plan.changes.iter().find(|agreed| agreed.logical_id == change.logical_id);
        change.data_loss |= agreed.is_some_and(|agreed| agreed.data_loss);
    }
    Ok(left)
}

fn tell(deployment: &Deployment, plan: &Plan, outcome: &Outcome, start: Instant, ui: &Ui) -> Result<(), CommandError> {
    let seconds = start.elapsed().as_secs_f64();
    let calls = deployment.clients.calls();
    if ui.is_json() {
        return ui.json(&json!({
            "type": "result",
            "ok": true,
            "deleted": outcome.count(Action::Delete),
            "leftovers": plan.leftovers,
            "api_calls": calls,
            "seconds": seconds,
        }));
    }
    deployment::tell_leftovers(plan, ui);
    ui.say(&format!("{} deleted in {seconds:.2} s with {calls} calls", outcome.count(Action::Delete)));
    Ok(())
}
