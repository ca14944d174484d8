//! The proof at the end of `up`: a green deployment with a broken function would be the worst outcome.

use crate::error::CommandError;
use crate::ui::Ui;
use incident_deploy::aws::wait::retry;
use incident_deploy::engine::{Deployment, Outcome};
use incident_deploy::progress::Progress;
use incident_deploy::self_check::{complaint, self_check, self_check_after_change};

/// Has the handler check its rules, its table and its topic with its own role.
pub(super) async fn run(deployment: &Deployment, outcome: &Outcome, ui: &Ui) -> Result<(), CommandError> {
    let Some(handler) = deployment.stack.get("IncidentHandler") else { return Ok(()) };
    let name = &handler.attributes.reference;
    let (clients, silent) = (&deployment.clients, Progress::silent());
    let answer = match outcome.finished.is_empty() {
        // Without a change, waiting heals nothing, except that an earlier run that was interrupted may just have created
        // the function.
        true => retry(&silent, || self_check(clients, name)).await?,
        false => self_check_after_change(clients, &silent, name).await?,
    };
    match answer {
        Ok(version) => {
            ui.say(format!("self-check: handler {version} runs and reaches its rules, table and topic"));
            Ok(())
        }
        Err(answer) => Err(broken(name, &complaint(&answer))),
    }
}

fn broken(name: &str, complaint: &str) -> CommandError {
    CommandError::failed(format!("the stack is deployed, but its handler {name} does not work: {complaint}"))
        .hint("`incidentctl logs` shows its log")
        .hint("a new role takes a minute to take effect: run `incidentctl up` again")
}
