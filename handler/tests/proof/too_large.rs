//! Records that an older version let grow to what an item of DynamoDB may have at most.

use incident_model::Status;

use crate::account::{Account, TestResult, delivered};
use crate::events;

#[tokio::test]
async fn a_record_that_is_too_large_mails_its_notice_once_and_is_mended() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &events::alarm("e1", "ALARM")).await?;
    assert_eq!(account.subjects().await?.len(), 1);

    let entries = account.grow_with_a_reminder_due().await?;
    assert!(entries > 3_000, "{entries} entries are not many");
    for _ in 0..3 {
        account.time_passes().await?;
        // A sweep also checks the rules file, which does not exist here.
        let _ = delivered(&handler, &events::sweep()).await;
    }
    let subjects = account.subjects().await?;
    assert_eq!(subjects.len(), 2, "the reminder is one mail: {subjects:?}");
    let incidents = account.incidents().await?;
    let incident = incidents.first().ok_or("no incident")?;
    assert!(incident.timeline.len() <= 51 && incident.due.is_none(), "{incident:?}");
    assert_eq!(incident.timeline.len() as u64 + incident.timeline_left_out, entries as u64 + 1);
    Ok(())
}

#[tokio::test]
async fn a_record_that_is_too_large_counts_and_recovers() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &events::alarm("e1", "ALARM")).await?;
    account.grow_with_a_reminder_due().await?;
    delivered(&handler, &events::alarm("e2", "ALARM")).await?;
    assert_eq!(account.incidents().await?.first().map(|incident| incident.occurrences), Some(2));

    account.grow_with_a_reminder_due().await?;
    delivered(&handler, &events::alarm("e3", "OK")).await?;
    assert_eq!(account.incidents().await?.first().map(|incident| incident.status), Some(Status::Resolved));
    Ok(())
}
