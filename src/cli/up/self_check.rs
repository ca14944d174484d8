//! The proof at the end of `up`: a green deployment with a dead function would be the worst outcome.

use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::aws::Explain;
use crate::cli::CommandError;
use crate::cli::deployment::Deployment;
use crate::ui::Ui;

/// Lets the handler check its rules, its table and its topic with its own role.
pub(super) async fn run(deployment: &Deployment, ui: &Ui) -> Result<(), CommandError> {
    let Some(handler) = deployment.stack.get("IncidentHandler") else { return Ok(()) };
    let name = &handler.attributes.reference;
    let payload = Blob::new(json!({"incidentctl": "self-check"}).to_string());
    let call = deployment.clients.lambda.invoke().function_name(name).payload(payload);
    let output = call.send().await.explain("lambda:Invoke")?;
    let answer = output.payload.map(Blob::into_inner).unwrap_or_default();
    let report: Value = serde_json::from_slice(&answer).unwrap_or_default();
    if output.function_error.is_none() && report.get("ok") == Some(&Value::Bool(true)) {
        let version = report.get("version").and_then(Value::as_str).unwrap_or("of unknown version");
        ui.say(&format!("self-check: the handler {version} runs, and reaches its rules, table and topic"));
        return Ok(());
    }
    let answer = String::from_utf8_lossy(&answer);
    Err(CommandError::failed(format!("the stack is deployed, but its handler {name} does not work: {answer}"))
        .hint("`incidentctl logs` shows what the function says")
        .hint("a role needs a minute to take effect: run `incidentctl up` again"))
}
