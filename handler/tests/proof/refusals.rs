//! The handler's reaction to each DynamoDB error: attempts and mails.

use incident_local::gateway::faults::{Action, Rule};
use incident_model::Status;

use crate::account::{ATTEMPTS, Account, TestResult, delivered};
use crate::events::failure;

/// Attempts of the handler when it is throttled.
const THROTTLED: u64 = 5;

/// An error, the calls that it affects, and the outcome.
struct Case {
    operation: &'static str,
    action: Action,
    /// Number of failing calls; all if absent.
    times: Option<u64>,
    /// Number of calls of the operation by the handler.
    calls: u64,
    /// The final error code of the handler, if it fails.
    gives_up: Option<&'static str>,
}

fn cancelled(reasons: &[&str], times: Option<u64>, calls: u64, gives_up: Option<&'static str>) -> Case {
    let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
    Case { operation: "TransactWriteItems", action: Action::Cancel { reasons }, times, calls, gives_up }
}

fn refused(operation: &'static str, code: &'static str, times: Option<u64>, calls: u64) -> Case {
    let action = Action::Error { code: code.to_owned(), message: "as the test asks".to_owned(), status: 400 };
    Case { operation, action, times, calls, gives_up: times.is_none().then_some(code) }
}

fn unprocessed(times: Option<u64>, calls: u64, gives_up: Option<&'static str>) -> Case {
    Case { operation: "BatchGetItem", action: Action::Unprocessed, times, calls, gives_up }
}

fn cases() -> Vec<Case> {
    let batch = "BatchGetItem";
    let transaction = "TransactWriteItems";
    vec![
        cancelled(&["ConditionalCheckFailed", "None", "None", "None"], Some(1), 2, None),
        cancelled(&["None", "TransactionConflict", "None", "None"], Some(3), 4, None),
        cancelled(&["ThrottlingError", "None"], Some(1), 2, None),
        cancelled(&["None", "ThrottlingError"], None, THROTTLED, Some("ThrottlingError")),
        cancelled(&["ProvisionedThroughputExceeded"], Some(2), 3, None),
        cancelled(&["ProvisionedThroughputExceeded"], None, THROTTLED, Some("ProvisionedThroughputExceeded")),
        cancelled(&["None", "ItemCollectionSizeLimitExceeded"], None, 1, Some("ItemCollectionSizeLimitExceeded")),
        cancelled(&["None", "ValidationError"], None, 1, Some("ValidationError")),
        cancelled(&["ValidationError", "ConditionalCheckFailed"], Some(1), 2, None),
        cancelled(&["ValidationError", "ThrottlingError", "TransactionConflict"], Some(1), 2, None),
        // The SDK's own retries count as one attempt of the handler.
        refused(transaction, "TransactionInProgressException", Some(ATTEMPTS), ATTEMPTS + 1),
        refused(transaction, "ThrottlingException", Some(ATTEMPTS), ATTEMPTS + 1),
        refused(transaction, "ThrottlingException", None, THROTTLED * ATTEMPTS),
        refused(transaction, "ValidationException", None, 1),
        refused(batch, "ProvisionedThroughputExceededException", Some(ATTEMPTS), ATTEMPTS + 1),
        refused(batch, "RequestLimitExceeded", None, THROTTLED * ATTEMPTS),
        refused(batch, "AccessDeniedException", None, 1),
        unprocessed(Some(1), 2, None),
        unprocessed(Some(3), 4, None),
        // Each answer reads one item: there are more of them than attempts.
        unprocessed(None, THROTTLED * THROTTLED, Some("UnprocessedKeys")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantees_2_and_4_hold_for_whatever_reason_dynamodb_refuses() -> TestResult {
    let mut running = tokio::task::JoinSet::new();
    for case in cases() {
        running.spawn(async move {
            let what = format!("{} {:?} {:?}", case.operation, case.action, case.times);
            meet(case).await.map_err(|problem| format!("{what}: {problem}"))
        });
    }
    let results = running.join_all().await;
    let problems: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

async fn meet(case: Case) -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    account.aws.set_faults(vec![Rule {
        service: Some("dynamodb".to_owned()),
        operation: Some(case.operation.to_owned()),
        resource: None,
        caller: None,
        call: None,
        times: case.times,
        milliseconds: None,
        action: case.action,
    }]);
    let event = failure("orders", "e1");
    let outcome = delivered(&handler, &event).await;
    expect(account.aws.faults().iter().map(|(_, seen)| *seen).sum(), case.calls, "calls")?;
    account.aws.set_faults(Vec::new());
    if let Some(code) = case.gives_up {
        let error = outcome.err().map(|error| error.to_string()).unwrap_or_default();
        expect(error.contains(code), true, &format!("names {code} in {error:?}"))?;
        expect(account.incidents().await?.len(), 0, "incidents before the next delivery")?;
        expect(account.subjects().await?.len(), 1, "mails without a record")?;
        delivered(&handler, &event).await?;
    } else {
        outcome?;
    }
    let incidents = account.incidents().await?;
    let seen: Vec<_> = incidents.iter().map(|one| (one.occurrences, one.status, one.due)).collect();
    expect(seen, vec![(1, Status::Open, None)], "incidents")?;
    let mails = account.subjects().await?.len();
    expect(mails, if case.gives_up.is_some() { 2 } else { 1 }, "mails")
}

fn expect<T: PartialEq + std::fmt::Debug>(seen: T, expected: T, what: &str) -> TestResult {
    match seen == expected {
        true => Ok(()),
        false => Err(format!("{what}: {seen:?} instead of {expected:?}").into()),
    }
}
