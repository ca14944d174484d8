//! The handler's protocol with Lambda.

use serde_json::json;

use crate::account::{Account, TestResult, delivered};
use crate::events::alarm;

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_3_a_recovery_resolves_and_a_return_is_a_new_incident() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    for (event_id, state) in [("e1", "ALARM"), ("e1", "ALARM"), ("e2", "OK"), ("e2", "OK"), ("e3", "ALARM")] {
        delivered(&handler, &alarm(event_id, state)).await?;
    }
    let mut seen: Vec<_> =
        account.incidents().await?.iter().map(|one| (one.created_at.clone(), one.status, one.occurrences)).collect();
    seen.sort_by(|left, right| left.0.cmp(&right.0));
    let seen: Vec<_> = seen.into_iter().map(|(_, status, occurrences)| (status, occurrences)).collect();
    use incident_model::Status::{Open, Resolved};
    assert_eq!(seen, [(Resolved, 1), (Open, 1)]);
    let subjects = account.subjects().await?;
    let heads: Vec<_> = subjects.iter().filter_map(|subject| subject.split(' ').next()).collect();
    assert_eq!(heads, ["[HIGH]", "[RECOVERED]", "[HIGH]"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_check_writes_and_reads() -> TestResult {
    let account = Account::new().await?;
    let report = delivered(&account.handler()?, &json!({"incidentctl": "self-check"})).await?;
    assert_eq!((&report["table"], &report["topic"]), (&json!({"ok": true}), &json!({"ok": true})), "{report}");
    Ok(())
}
