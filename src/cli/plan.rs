//! `incidentctl plan`.

use std::path::PathBuf;

use clap::Args;

use super::deployment::{self, Deployment};
use super::{CommandError, Outcome};
use crate::engine::{self, has_resources};
use crate::settings::{EmailAddress, Engine, Settings};
use crate::ui::Ui;

/// Show what `up` would do, and change nothing
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Address that gets the alerts; repeat for more than one
    #[arg(long = "email", value_name = "ADDRESS")]
    pub emails: Vec<EmailAddress>,

    /// Handler binary or zip [default: the one beside this program, built when missing]
    #[arg(long, value_name = "PATH")]
    pub handler: Option<PathBuf>,

    /// Rules file that decides before the rules that come with the program [default: that of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// How to deploy [default: as the stack was deployed before, else direct]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Engine>,

    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Shows what `up` would do.
pub(super) async fn run(args: PlanArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    let session = super::connect(settings, ui).await?;
    let emails = settings.emails_or(&args.emails);
    let deployment =
        Deployment::with_code(&session, settings, &emails, args.handler.as_deref(), args.rules.as_deref()).await?;
    let (plan, record) = deployment.survey().await?;
    engine::choose(args.engine.or(settings.engine), record.as_ref(), has_resources(&plan))?;
    match ui.is_json() {
        true => ui.json(&plan)?,
        false => ui.print(&deployment::describe(&plan))?,
    }
    match args.detailed_exitcode && !plan.is_empty() {
        true => Ok(Outcome::ChangesPending),
        false => Ok(Outcome::Done),
    }
}
