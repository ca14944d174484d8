//! The proof at the end of `up`: a green deployment with a broken function would be the worst outcome.

use incident_deploy::aws::wait::retry_on_new;
use incident_deploy::progress::Progress;
use std::time::{Duration, Instant};

use crate::error::CommandError;
use crate::health::self_check;
use crate::ui::Ui;
use incident_deploy::engine::{Deployment, Outcome};

/// How long the policies of a new role may take to propagate.
const LIMIT: Duration = Duration::from_secs(30);
/// How long to wait between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Has the handler check its rules, its table and its topic with its own role.
pub(super) async fn run(deployment: &Deployment, outcome: &Outcome, ui: &Ui) -> Result<(), CommandError> {
    let Some(handler) = deployment.stack.get("IncidentHandler") else { return Ok(()) };
    let name = &handler.attributes.reference;
    let start = Instant::now();
    // Without a change, waiting heals nothing.
    let is_new = !outcome.finished.is_empty();
    let answer = loop {
        // An earlier run that was interrupted may just have created the function, so that it is still pending.
        let answer = retry_on_new(&Progress::silent(), |_| is_new, || self_check(&deployment.clients, name)).await?;
        match answer {
            Ok(version) => {
                ui.say(&format!("self-check: handler {version} runs and reaches its rules, table and topic"));
                return Ok(());
            }
            Err(answer) if is_new && start.elapsed() < LIMIT && is_refusal(&answer) => tokio::time::sleep(PAUSE).await,
            Err(answer) => break answer,
        }
    };
    Err(CommandError::failed(format!("the stack is deployed, but its handler {name} does not work: {answer}"))
        .hint("`incidentctl logs` shows its log")
        .hint("a new role takes a minute to take effect: run `incidentctl up` again"))
}

/// Whether AWS refused what the role allows, as it does until a new policy has propagated.
fn is_refusal(answer: &str) -> bool {
    ["AccessDenied", "AuthorizationError", "not authorized"].iter().any(|words| answer.contains(words))
}

#[cfg(test)]
mod tests {
    use super::is_refusal;

    #[test]
    fn only_a_refusal_passes_by_itself() {
        for (answer, passes) in [
            (r#"{"ok":false,"table":{"ok":false,"error":"AccessDeniedException: User: x is not authorized"}}"#, true),
            (r#"{"ok":false,"topic":{"ok":false,"error":"AuthorizationError"}}"#, true),
            (r#"{"errorType":"Runtime.ExitError"}"#, false),
        ] {
            assert_eq!(is_refusal(answer), passes, "{answer}");
        }
    }
}
