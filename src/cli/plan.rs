//! `incidentctl plan`.

use clap::Args;

use super::Outcome;
use super::deployment::{self, Deployment, DeploymentArgs};
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::engine::{self, has_resources};

/// Show what `up` would do, and change nothing
#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub deployment: DeploymentArgs,

    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Shows what `up` would do.
pub(super) async fn run(args: PlanArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    let session = super::connect(settings, ui).await?;
    let deployment = Deployment::with_code(&session, settings, &args.deployment).await?;
    let (plan, record) = deployment.survey().await?;
    engine::choose(args.deployment.engine.or(settings.engine), record.as_ref(), has_resources(&plan))?;
    match ui.is_json() {
        true => ui.json(&plan)?,
        false => ui.print(&deployment::describe(&plan))?,
    }
    match args.detailed_exitcode && !plan.is_empty() {
        true => Ok(Outcome::ChangesPending),
        false => Ok(Outcome::Done),
    }
}
