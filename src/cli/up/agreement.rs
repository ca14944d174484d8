//! What a person agrees to before `up` changes anything.

use crate::cli::CommandError;
use crate::cli::deployment;
use crate::plan::{Change, Plan};
use crate::settings::Settings;
use crate::ui::Ui;

/// Shows what will change, and asks; for data that will be lost it asks apart.
pub(in crate::cli) fn agree(plan: &Plan, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    match settings.yes {
        true => ui.say(&deployment::summary(plan)),
        false => ui.say(&deployment::describe(plan)),
    }
    let lost: Vec<&Change> = plan.touched().filter(|change| change.data_loss).collect();
    if settings.yes && !settings.allow_data_loss && !lost.is_empty() {
        return Err(CommandError::user(format!("this would delete {} with all data in it", names(&lost)))
            .hint("add --allow-data-loss if that data may go; --yes does not stand for it"));
    }
    ui.consent("Apply these changes?", settings.yes)?;
    if lost.is_empty() {
        return Ok(());
    }
    let question = format!("{} will be deleted with all data in it. Is that meant?", names(&lost));
    ui.consent_to_loss(&question, settings.allow_data_loss)
}

fn names(changes: &[&Change]) -> String {
    changes.iter().map(|change| deployment::named(change)).collect::<Vec<_>>().join(", ")
}
