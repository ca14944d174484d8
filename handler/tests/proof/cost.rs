//! What a failure costs: DynamoDB's write units, and the calls between the event and the accepted mail.

use serde_json::{Value, json};

use crate::account::{Account, TestResult, delivered};
use crate::events::{alarm, failure};

const OPERATIONS: &str = include_str!("../../../docs/operations.md");
const PERFORMANCE: &str = include_str!("../../../docs/performance.md");

/// The calls for evidence, and the write of the analysis.
const BESIDE: [&str; 6] =
    ["GetFunctionConfiguration", "GetMetricData", "FilterLogEvents", "Query", "GetItem", "PutItem"];

/// A failure with a message as long as it can be.
fn wordy(function: &str, event_id: &str) -> Value {
    let mut event = failure(function, event_id);
    event["detail"]["responsePayload"]["errorMessage"] =
        format!("no such order; {}", "the warehouse does not know it ".repeat(200)).into();
    event
}

impl Account {
    /// The write units of the calls since they were last forgotten.
    fn write_units(&self) -> f64 {
        self.aws.calls().iter().fold(0.0, |total, call| total + call.write_units)
    }

    /// The same of read units.
    fn read_units(&self) -> f64 {
        self.aws.calls().iter().fold(0.0, |total, call| total + call.read_units)
    }

    fn operations(&self) -> Vec<String> {
        self.aws.calls().into_iter().map(|call| call.operation).collect()
    }

    /// Evidence of every incident, as large as an item can be.
    async fn put_evidence(&self) -> TestResult {
        for incident in self.incidents().await? {
            self.put_sibling(&format!("{}#evidence", incident.incident_id), 390_000).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_failure_costs_few_write_units_whatever_its_incident_has() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    // The first event of a month writes the calendar, and a handler sweeps after its first event.
    delivered(&handler, &failure("warehouse", "e0")).await?;
    for (event, most) in [(failure("orders", "e1"), 20.0), (wordy("bills", "e2"), 27.0)] {
        account.aws.forget_calls();
        delivered(&handler, &event).await?;
        let units = account.write_units();
        assert!(units <= most, "a new incident with its mail: {units} write units");
    }
    account.put_evidence().await?;
    for event in [failure("orders", "e3"), wordy("bills", "e4")] {
        account.aws.forget_calls();
        delivered(&handler, &event).await?;
        let units = account.write_units();
        assert!(units <= 6.0, "a repetition alone: {units} write units");
    }
    let bodies: Vec<String> = (0..10).map(|number| failure("orders", &format!("b{number}")).to_string()).collect();
    account.put_into_queue(&bodies).await?;
    let batch = account.batch().await?;
    account.aws.forget_calls();
    assert_eq!(delivered(&handler, &batch).await?, json!({ "batchItemFailures": [] }));
    let units = account.write_units() / 10.0;
    assert!(units <= 2.5, "a repetition in a batch of ten: {units} write units");
    Ok(())
}

/// The prices of a million failures follow from these figures: `incident-deploy` holds the documents to both.
#[tokio::test]
async fn the_documents_have_what_a_failure_consumes() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &failure("warehouse", "e0")).await?;
    account.aws.forget_calls();
    delivered(&handler, &failure("orders", "e1")).await?;
    let (writes, reads) = (account.write_units(), account.read_units());
    has(PERFORMANCE, &format!("| DynamoDB: {writes} write and {reads} read units;"));

    // The first repetition still reads the round of snapshots.
    delivered(&handler, &failure("orders", "e2")).await?;
    let bodies: Vec<String> = (0..10).map(|number| failure("orders", &format!("b{number}")).to_string()).collect();
    account.put_into_queue(&bodies).await?;
    let batch = account.batch().await?;
    account.aws.forget_calls();
    assert_eq!(delivered(&handler, &batch).await?, json!({ "batchItemFailures": [] }));
    let (writes, reads) = (account.write_units() / 10.0, account.read_units() / 10.0);
    has(OPERATIONS, &format!("consumes {writes} write units and {reads} read units"));
    Ok(())
}

fn has(document: &str, text: &str) {
    assert!(document.split_whitespace().collect::<Vec<_>>().join(" ").contains(text), "no `{text}`");
}

#[tokio::test]
async fn a_mail_is_accepted_after_at_most_four_round_trips() -> TestResult {
    let account = Account::new().await?;
    for (what, event) in [
        ("a new incident", failure("orders", "e1")),
        ("an alarm", alarm("a1", "ALARM")),
        ("the end of the alarm", alarm("a2", "OK")),
        ("its return", alarm("a3", "ALARM")),
    ] {
        // A handler that knows nothing yet.
        let handler = account.handler()?;
        account.aws.forget_calls();
        delivered(&handler, &event).await?;
        let operations = account.operations();
        let before = operations.iter().position(|call| call == "Publish").ok_or("no mail")?;
        // What is asked for evidence, and written beside the mail, is asked and written side by side.
        let in_turn = operations[..before].iter().filter(|call| !BESIDE.contains(&call.as_str())).count();
        // At the end of a trouble four calls are made side by side.
        let most = if what == "the end of the alarm" { 4 + 3 } else { 4 };
        assert!(in_turn < most, "{what}: {operations:?}");
        assert!(before - in_turn <= 5 + 1, "{what}: {operations:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_budget_that_is_used_up_costs_no_write() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    for number in 0..8 {
        delivered(&handler, &failure(&format!("orders-{number}"), &format!("e{number}"))).await?;
    }
    account.aws.forget_calls();
    delivered(&handler, &failure("bills", "e9")).await?;
    assert_eq!(account.operations(), ["BatchGetItem", "TransactWriteItems"]);
    Ok(())
}
