//! `incidentctl down`.

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::deployment::{self, Deployment};
use super::failure::failure;
use super::{CommandError, cloudformation};
use crate::aws::Session;
use crate::engine::cloudformation::StackRecord;
use crate::engine::{self, Interrupt, Outcome, any_is_ours};
use crate::plan::{Action, Plan};
use crate::resources::Scope;
use crate::settings::{Engine, Settings};
use crate::ui::Ui;

/// Remove everything that the stack owns
#[derive(Debug, Default, Args)]
pub struct DownArgs {
    /// Leave the table with the incidents and the log groups
    #[arg(long)]
    pub keep_data: bool,

    /// How to delete [default: as the stack was deployed]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,
}

/// Removes the stack.
pub(super) async fn run(args: DownArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    remove_stack(&session, args, settings, ui).await
}

/// Removes the stack of a connected account.
pub(super) async fn remove_stack(
    session: &Session,
    args: DownArgs,
    settings: &Settings,
    ui: &Ui,
) -> Result<(), CommandError> {
    let start = Instant::now();
    let deployment = Deployment::without_code(session, settings)?;
    let (observations, record) = tokio::try_join!(deployment.observe(Scope::Everything), deployment.record())?;
    let wanted = args.engine.or(settings.engine);
    let engine = engine::choose(wanted, record.as_ref(), any_is_ours(&observations))?;
    // What CloudFormation does not have a record of, it has no part in.
    let record = record.filter(|_| engine == Engine::CloudFormation);
    if args.keep_data && record.is_some() {
        return Err(CommandError::user("CloudFormation deletes the stack as a whole: --keep-data keeps nothing of it")
            .hint("`incidentctl incidents export` saves the incidents first"));
    }
    let everything = Plan::down(&deployment.stack, &observations);
    let plan = if args.keep_data { everything.keeping_data() } else { everything };
    let outcome = match plan.changes.is_empty() && record.is_none() {
        true => {
            ui.say(&format!("nothing to delete: the stack `{}` owns nothing here", settings.stack));
            if engine == Engine::CloudFormation {
                cloudformation::clear(&deployment).await?;
            }
            Outcome::default()
        }
        false => {
            deployment.check_obstacles(&plan).await?;
            remove(&deployment, &plan, record, settings, ui).await?
        }
    };
    tell(&deployment, &plan, &outcome, start, ui)?;
    if args.keep_data && !plan.leftovers.is_empty() {
        ui.hint("`incidentctl down` without --keep-data removes what was kept; `incidentctl up` uses it again");
    }
    Ok(())
}

fn question(plan: &Plan) -> &'static str {
    match plan.changes.iter().any(|change| change.data_loss) {
        true => "Delete all of this, recorded incidents included?",
        false => "Delete all of this?",
    }
}

/// Deletes, and reads back whether it is gone.
async fn remove(
    deployment: &Deployment,
    plan: &Plan,
    record: Option<StackRecord>,
    settings: &Settings,
    ui: &Ui,
) -> Result<Outcome, CommandError> {
    ui.say(&deployment::describe(plan));
    let (outcome, interrupt) = match record {
        Some(record) => {
            let interrupt = Interrupt::listen();
            (cloudformation::remove(deployment, plan, record, &interrupt, settings, ui).await?, interrupt)
        }
        None => {
            ui.consent(question(plan), settings.yes)?;
            let interrupt = Interrupt::listen();
            (deployment.apply(plan, interrupt.clone(), ui).await?, interrupt)
        }
    };
    if let Some(failure) = failure(&outcome, Some("incidentctl down")) {
        return Err(failure);
    }
    let observed = tokio::select! {
        observed = deployment.observe(Scope::Everything) => observed?,
        () = interrupt.wait() => return Err(CommandError::interrupted().hint("everything was asked to be deleted")),
    };
    let kept = |id: &str| plan.leftovers.iter().any(|kept| kept.logical_id == id);
    let left = Plan::down(&deployment.stack, &observed).changes;
    let names: Vec<&str> = left.iter().map(|change| change.logical_id.as_str()).filter(|id| !kept(id)).collect();
    match names.as_slice() {
        [] => Ok(outcome),
        names => Err(CommandError::failed(format!("AWS still shows {}", names.join(", ")))
            .hint("AWS may need a moment: run `incidentctl down` again")),
    }
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
