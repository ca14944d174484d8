//! `incidentctl down`.

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::confirm::Terminal;
use super::deployment;
use super::engine_error::DOWN;
use super::interruptible::until;
use crate::error::CommandError;
use crate::session::Session;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::engine::{Changed, Deployment, Engine, Interrupt, Job, Outcome, Removal, any_is_ours, choose};
use incident_deploy::plan::{Action, Plan, refuse_newer};
use incident_deploy::resources::Scope;

/// Remove everything the stack owns
#[derive(Debug, Default, Args)]
pub struct DownArgs {
    /// Keep the incident table, the log groups and non-empty queues
    #[arg(long)]
    pub keep_data: bool,

    /// Deployment engine [default: the stack's current engine]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,
}

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
    let deployment = deployment::without_code(session, settings)?;
    let reads = async {
        let observations = async { Ok(deployment.observe(Scope::Everything).await?) };
        let found = tokio::try_join!(observations, deployment.record());
        found.map_err(|error| CommandError::of_engine(error, DOWN))
    };
    let (observations, record) = until(interrupt, reads).await?;
    refuse_newer(&observations)?;
    let kind = choose(args.engine.or(settings.engine), record.as_ref(), any_is_ours(&observations))?;
    let mut everything = Plan::down(&deployment.stack, &observations);
    deployment.mark_data_loss(&mut everything).await?;
    let holds_data = everything.changes.iter().filter(|change| change.data_loss && args.keep_data);
    let removal = Removal {
        kept: holds_data.map(|change| change.logical_id.clone()).collect(),
        plan: if args.keep_data { everything.keeping_data() } else { everything },
        record,
    };
    let confirm = Terminal::new(ui, settings, false);
    let changed = deployment::shown(ui, DOWN, async |events| {
        kind.engine().remove(&Job { deployment: &deployment, confirm: &confirm, events, interrupt }, removal).await
    });
    let Changed { plan, outcome } = changed.await?;
    report(&deployment, &plan, &outcome, start, ui)?;
    if args.keep_data && !plan.leftovers.is_empty() {
        // CloudFormation has no record of these any more.
        let by = if kind == Engine::CloudFormation { " --engine direct" } else { "" };
        ui.hint(&format!(
            "`incidentctl down{by}` without --keep-data deletes what was kept; `incidentctl up{by}` reuses it"
        ));
    }
    Ok(())
}

fn report(
    deployment: &Deployment,
    plan: &Plan,
    outcome: &Outcome,
    start: Instant,
    ui: &Ui,
) -> Result<(), CommandError> {
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
    ui.say(format!("{} deleted in {seconds:.2} s with {calls} calls", outcome.count(Action::Delete)));
    Ok(())
}
