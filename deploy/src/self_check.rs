//! Asks the handler whether it could work now.

use std::time::{Duration, Instant};

use aws_sdk_lambda::primitives::Blob;
use incident_model::control::{Control, SelfCheck};
use serde_json::Value;

use crate::aws::wait::retry_on_new;
use crate::aws::{AwsError, Clients, Explain};
use crate::progress::Progress;

/// How long the policies of a new role may take to propagate.
const LIMIT: Duration = Duration::from_secs(30);
/// How long to wait between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// The handler's version, or its answer if it found something wrong; [`complaint`] makes that readable.
pub type Answer = Result<String, String>;

/// Has the handler check its rules, its table and its topic with its own role.
///
/// # Errors
/// If it cannot be invoked.
pub async fn self_check(clients: &Clients, function: &str) -> Result<Answer, AwsError> {
    let payload = Blob::new(Control::SelfCheck.payload().to_string());
    let output = clients
        .lambda_at_length
        .invoke()
        .function_name(function)
        .payload(payload)
        .send()
        .await
        .explain("lambda:Invoke")?;
    let answer = output.payload.map(Blob::into_inner).unwrap_or_default();
    let report: SelfCheck = serde_json::from_slice(&answer).unwrap_or_default();
    if output.function_error.is_none() && report.ok {
        let known = !report.version.is_empty();
        return Ok(Ok(if known { report.version } else { "of unknown version".to_owned() }));
    }
    Ok(Err(String::from_utf8_lossy(&answer).into_owned()))
}

/// The same after a change: a function that is still pending and a policy that has not propagated get half a minute.
///
/// # Errors
/// If it cannot be invoked.
pub async fn self_check_after_change(
    clients: &Clients,
    progress: &Progress,
    function: &str,
) -> Result<Answer, AwsError> {
    let start = Instant::now();
    loop {
        let answer = retry_on_new(progress, |_| true, || self_check(clients, function)).await?;
        match answer {
            Err(answer) if start.elapsed() < LIMIT && is_refusal(&answer) => {
                progress.waiting("the role's policy to propagate");
                tokio::time::sleep(PAUSE).await;
            }
            answer => return Ok(answer),
        }
    }
}

/// The complaints in an answer, each with the component that it is about; the raw text when it is not a report.
pub fn complaint(answer: &str) -> String {
    let report: Value = serde_json::from_str(answer).unwrap_or_default();
    let components = report.as_object().into_iter().flatten();
    let complaints: Vec<String> = components
        .filter_map(|(component, finding)| Some(format!("{component}: {}", finding.get("error")?.as_str()?)))
        .collect();
    if complaints.is_empty() { answer.to_owned() } else { complaints.join("; ") }
}

/// Whether AWS refused what the role allows, as it does until a new policy has propagated.
fn is_refusal(answer: &str) -> bool {
    ["AccessDenied", "AuthorizationError", "not authorized"].iter().any(|words| answer.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_complaint_names_its_component() {
        for (answer, expected) in [
            (r#"{"ok":false,"table":{"ok":true},"topic":{"ok":false,"error":"NotFound"}}"#, "topic: NotFound"),
            (
                r#"{"ok":false,"rules":{"error":"line 2"},"alerts":{"error":"no number"}}"#,
                "rules: line 2; alerts: no number",
            ),
            (r#"{"errorType":"Runtime.ExitError"}"#, r#"{"errorType":"Runtime.ExitError"}"#),
            ("no JSON", "no JSON"),
        ] {
            assert_eq!(complaint(answer), expected);
        }
    }
}
