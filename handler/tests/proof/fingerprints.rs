//! Which failures are one incident: after an update, and whatever users type.

use incident_model::Status;
use serde_json::{Value, json};

use crate::account::{Account, TestResult};
use crate::events::failure;

fn invalid_country(event_id: &str, word: &str) -> Value {
    let mut event = failure("signup", event_id);
    event["detail"]["responsePayload"] = json!({
        "errorType": "InvalidCountry", "errorMessage": format!("Invalid country name {word}"),
        "stackTrace": ["  File \"/var/task/app.py\", line 12, in handler\n    raise InvalidCountry\n"],
    });
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_users_typed_are_variants_of_one_incident() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    for (number, word) in ["Atlantis", "Holand", "Itlay", "Holand", "Holand", "Itlay"].into_iter().enumerate() {
        account.delivered_by_lambda(&handler, &invalid_country(&format!("e{number}"), word)).await?;
    }
    let incidents = account.settled().await?;
    let [incident] = incidents.as_slice() else { return Err(format!("{incidents:#?}").into()) };
    assert_eq!((incident.occurrences, incident.error_message.as_str()), (6, "Invalid country name Itlay"));
    let commonest: Vec<String> = incident
        .commonest_variants()
        .iter()
        .map(|variant| format!("{} {}", variant.occurrences, variant.message))
        .collect();
    assert_eq!(
        commonest,
        ["3 Invalid country name Holand", "2 Invalid country name Itlay", "1 Invalid country name Atlantis"]
    );
    assert_eq!(account.subjects().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_of_version_1_counts_until_it_is_resolved() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    account.delivered_by_lambda(&handler, &failure("orders", "e1")).await?;
    account.take_back_to_version_1().await?;
    // Another handler has not seen the incident yet.
    let handler = account.handler()?;
    account.delivered_by_lambda(&handler, &failure("orders", "e2")).await?;
    let incidents = account.incidents().await?;
    let [incident] = incidents.as_slice() else { return Err(format!("{incidents:#?}").into()) };
    assert!(incident.fingerprint.starts_with("v1:"));
    assert_eq!(incident.occurrences, 2);

    account.resolve_all().await?;
    account.delivered_by_lambda(&handler, &failure("orders", "e3")).await?;
    let mut incidents = account.incidents().await?;
    incidents.sort_by(|one, other| one.incident_id.cmp(&other.incident_id));
    let [before, now] = incidents.as_slice() else { return Err(format!("{incidents:#?}").into()) };
    assert_eq!((before.status, now.status), (Status::Resolved, Status::Open));
    assert!(now.fingerprint.starts_with("v2:"));
    assert_eq!(now.previous_incident_id.as_ref(), Some(&before.incident_id));
    Ok(())
}
