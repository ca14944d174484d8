//! Asks the handler whether it could work now.

use aws_sdk_lambda::primitives::Blob;
use incident_model::control::{Control, SelfCheck};

use incident_deploy::aws::{AwsError, Clients, Explain};

/// The handler's version, or its complaint about its rules, table and topic, checked with its own role.
///
/// # Errors
/// If it cannot be invoked.
pub async fn self_check(clients: &Clients, function: &str) -> Result<Result<String, String>, AwsError> {
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
