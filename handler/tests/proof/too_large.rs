//! Records that an older version let grow to what an item of DynamoDB may have at most.

use incident_handler::store::{Outbox, Resolution, Store, StoreError};
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

#[tokio::test]
async fn a_long_history_with_an_entry_of_the_command_line_mails_each_notice_once() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &events::alarm("e1", "ALARM")).await?;
    account.fill_history().await?;
    delivered(&handler, &events::alarm("e2", "OK")).await?;
    for _ in 0..3 {
        account.time_passes().await?;
        let _ = delivered(&handler, &events::sweep()).await;
    }
    let subjects = account.subjects().await?;
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    let incidents = account.incidents().await?;
    let incident = incidents.first().ok_or("no incident")?;
    assert!(incident.due.is_none() && incident.status == Status::Resolved, "{incident:?}");
    let noted = |what: &str| incident.timeline.iter().any(|entry| entry.what.starts_with(what));
    assert!(noted("acknowledged by ada") && noted("notified (recovered"), "{:?}", incident.timeline);
    Ok(())
}

#[tokio::test]
async fn what_was_counted_since_an_incident_was_read_keeps_it_open() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &events::failure("orders", "e1")).await?;
    let table = account.table();
    let id = account.incidents().await?.first().ok_or("no incident")?.incident_id.clone();
    let read = table.incident(&id).await?.ok_or("no incident")?;
    delivered(&handler, &events::failure("orders", "e2")).await?;
    let outbox = Outbox { due: None, due_at: None, ..Outbox::of(&read) };
    let at = "2026-01-31T12:00:00.000Z";
    let quiet =
        |read| Resolution { read, outbox: &outbox, recent_changes: &[], what: "resolved: quiet", charge: None, at };
    assert_eq!(table.resolve(&quiet(&read)).await, Err(StoreError::Conflict));
    let read = table.incident(&id).await?.ok_or("no incident")?;
    assert_eq!(table.resolve(&quiet(&read)).await, Ok(()));
    delivered(&handler, &events::failure("orders", "e3")).await?;
    let counts: Vec<u64> = account.incidents().await?.iter().map(|incident| incident.occurrences).collect();
    assert_eq!(counts.iter().sum::<u64>(), 3);
    assert_eq!(counts.len(), 2, "the failure after the end is a new incident");
    Ok(())
}
