//! `incidentctl down`.

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::CommandError;
use super::deployment::{self, Deployment};
use crate::aws::Session;
use crate::engine::{Interrupt, Outcome};
use crate::plan::{Action, Plan};
use crate::resources::Scope;
use crate::settings::Settings;
use crate::ui::Ui;

/// Remove everything that the stack owns
#[derive(Debug, Args)]
pub struct DownArgs {}

/// Removes the stack.
pub(super) async fn run(_args: DownArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let session = super::connect(settings, ui).await?;
    remove_stack(&session, settings, ui).await
}

/// Removes the stack of a connected account.
pub(super) async fn remove_stack(session: &Session, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let start = Instant::now();
    let deployment = Deployment::without_code(session, settings)?;
    let plan = Plan::down(&deployment.stack, &deployment.observe(Scope::Everything).await?);
    let outcome = match plan.changes.is_empty() {
        true => {
            ui.say(&format!("nothing to delete: the stack `{}` owns nothing here", settings.stack));
            Outcome::default()
        }
        false => {
            ui.say(&deployment::describe(&plan));
            ui.consent("Delete all of this, recorded incidents included?", settings.yes)?;
            remove(&deployment, &plan, ui).await?
        }
    };
    tell(&deployment, &plan, &outcome, start, ui)
}

/// Deletes, and reads back whether it is gone.
async fn remove(deployment: &Deployment, plan: &Plan, ui: &Ui) -> Result<Outcome, CommandError> {
    let interrupt = Interrupt::listen();
    let outcome = deployment.apply(plan, interrupt.clone(), ui).await?;
    if let Some(failure) = deployment::failure(&outcome, "incidentctl down") {
        return Err(failure);
    }
    let observed = tokio::select! {
        observed = deployment.observe(Scope::Everything) => observed?,
        () = interrupt.wait() => return Err(CommandError::interrupted().hint("everything was asked to be deleted")),
    };
    let left = Plan::down(&deployment.stack, &observed).changes;
    match left.as_slice() {
        [] => Ok(outcome),
        left => {
            let names: Vec<&str> = left.iter().map(|change| change.logical_id.as_str()).collect();
            Err(CommandError::failed(format!("AWS still shows {}", names.join(", ")))
                .hint("AWS may need a moment: run `incidentctl down` again"))
        }
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
