//! A failed function's secrets stay where they were.

use serde_json::json;

use super::bus;
use super::stack::{EVENTS, Stack};
use crate::harness::{TestResult, eventually};

/// Strings that must not appear anywhere: all but the last are part of [`said`], the last of a payload.
pub(super) const SECRETS: [&str; 9] = [
    "AKIAQ3EGSTORM7EXAMPL",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzStormKEY",
    "hunter2-in-an-address",
    "hunter2-in-json",
    "eyJzdWIiOiJzdG9ybSJ9",
    "4111 1111 1111 1111",
    "MIIEstormPRIVATEkeyMATERIAL",
    "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "only-in-the-request-payload",
];

/// What a program says that says too much.
pub(super) fn said() -> String {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzdG9ybSJ9.c2lnbmF0dXJlLW9mLXRoZS1zdG9ybQ";
    format!(
        "cannot log in as {} with aws_secret_access_key={} at https://ada:{}@db.example.com/orders, body \
         {{\"password\": \"{}\"}}, Authorization: Bearer {jwt}, card {}, token {}, \
         -----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        SECRETS[0], SECRETS[1], SECRETS[2], SECRETS[3], SECRETS[5], SECRETS[7], SECRETS[6]
    )
}

#[tokio::test]
async fn guarantee_8_no_secret_is_stored_or_sent_or_logged() -> TestResult {
    let stack = Stack::new("60").await?;
    let mut detail = bus::failure("orders", 1);
    let said = said();
    detail["requestPayload"] = json!({"order": SECRETS[8], "password": SECRETS[3]});
    detail["responsePayload"] = json!({
        "errorType": "ValueError",
        "errorMessage": said,
        "stackTrace": [format!("  File \"/var/task/app.py\", line 1, in handler\n    connect({said})\n")],
    });
    assert!(SECRETS.iter().all(|secret| detail.to_string().contains(secret)), "{detail}");
    bus::put(&stack.aws, &[detail]).await?;
    let incident = eventually("the incident", async || Ok(stack.incidents().await?.pop())).await?;
    stack.until_mailed("[", &incident.incident_id).await?;
    // Unreadable input must not be logged either.
    let (is_handled, _) = stack.invoke(&json!(said).to_string()).await?;
    assert!(!is_handled);
    stack.enqueue(&[&json!([[said]]).to_string(), "[]"]).await?;
    stack.until_queued("devops-handler-dlq", 1).await?;
    eventually("an empty queue of events", async || Ok((stack.waiting(EVENTS).await? == 0).then_some(()))).await?;

    let mails: String = stack.aws.mails()?.iter().map(|mail| format!("{}\n{}\n", mail.subject, mail.body)).collect();
    let places = [("the table", stack.table().await?), ("a mail", mails), ("the log", stack.log().await?)];
    for (place, text) in &places {
        assert!(text.contains(&incident.incident_id), "{place} does not mention the incident");
        let leaked: Vec<_> = SECRETS.iter().filter(|secret| text.contains(**secret)).collect();
        assert!(leaked.is_empty(), "{leaked:?} in {place}: {text}");
    }
    Ok(())
}
