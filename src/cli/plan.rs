//! `incidentctl plan`.

use clap::Args;
use serde::Serialize;

use super::Outcome;
use super::confirm::Terminal;
use super::deployment::{self, DeploymentArgs};
use super::engine_error::UP;
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::cost::Bill;
use incident_deploy::engine::{Interrupt, Job, choose, has_resources};
use incident_deploy::plan::Plan;

/// Preview what `up` would change
#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub deployment: DeploymentArgs,

    /// Exit with code 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// A plan, and the stack's monthly idle cost.
#[derive(Serialize)]
struct Priced<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    cost: &'a Bill,
}

pub(super) async fn run(args: PlanArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    let session = super::connect(settings, ui).await?;
    let deployment = deployment::with_code(&session, settings, &args.deployment).await?;
    let survey = deployment.survey().await.map_err(|error| CommandError::of_engine(error, UP))?;
    let bill = Bill::of(&deployment.stack);
    let wanted = args.deployment.engine.or(settings.engine);
    let engine = choose(wanted, survey.record.as_ref(), has_resources(&survey.plan))?.engine();
    // No change set may be left behind.
    let interrupt = Interrupt::listen()?;
    let confirm = Terminal::new(ui, settings, false);
    let plan = deployment::shown(ui, UP, async |events| {
        engine.plan(&Job { deployment: &deployment, confirm: &confirm, events, interrupt: &interrupt }, survey).await
    })
    .await?;
    match ui.is_json() {
        true => ui.json(&Priced { plan: &plan, cost: &bill })?,
        false => ui.print_all(deployment::describe(&plan).into_iter().chain([bill.line().into()]))?,
    }
    match args.detailed_exitcode && !plan.is_empty() {
        true => Ok(Outcome::ChangesPending),
        false => Ok(Outcome::Done),
    }
}
