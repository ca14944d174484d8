//! What an analysis leaves in the table: beside the incident, in its head, and in notices that wait for each other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_handler::store::{
    Folded, Lookup, Opening, Outbox, Rejudged, Sent, Snapshot, Store, StoreError, Table, Trouble,
};
use incident_model::analysis::{Analysis, Cause, Confidence, EvidenceKind, FunctionHistory, LogLine};
use incident_model::control::Control;
use incident_model::table::{DUE_QUEUE, FUNCTION_SNAPSHOTS, INCIDENT_ID, analysis_key, function_key};
use incident_model::{Incident, Reason, Rules, Severity, classify};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use serde_json::json;

use crate::account::{Account, TestResult, delivered};
use crate::events::{failure, failure_of_all};

const CREATED: &str = "2026-01-01T00:00:00.000Z";
const NOW: &str = "2026-01-01T00:00:01.000Z";
/// [`NOW`] in seconds since 1970.
const NOW_SECONDS: i64 = 1_767_225_601;

fn analysis() -> Analysis {
    Analysis {
        advice: vec!["Roll back.".to_owned()],
        lines: vec![LogLine { at: NOW.to_owned(), text: "no such order".to_owned() }],
        shared_with: vec!["inc-0".to_owned()],
        failing_share: Some(0.92),
        at: NOW.to_owned(),
        ..Analysis::of(Cause::Deployment, Confidence::Likely, "Version 42 was deployed a minute before.")
    }
}

/// A new incident with its alert due.
async fn opened(table: &Table) -> TestResult<Incident> {
    let classified = classify(&failure("orders", "e1"), &Rules::defaults()?)?;
    let sketch = classified.first().and_then(|one| one.incident("inc-1".to_owned(), CREATED.to_owned()));
    let outbox = Outbox { due: Some(Reason::Opened), notices: 1, due_at: Some(NOW_SECONDS + 30), silenced_by: None };
    let incident = outbox.put_into(sketch.ok_or("no incident")?);
    let opening = Opening {
        event_ids: &["e1"],
        incident: &Incident { analysis: Some(Box::new(analysis())), ..incident },
        snapshot: &Snapshot::default(),
        alarm_on: &[],
        withdraws: false,
        charge: None,
        now: NOW_SECONDS,
    };
    table.open(&opening).await?;
    Ok(table.incident("inc-1").await?.ok_or("not opened")?)
}

/// As its notice states it.
fn analysed(read: &Incident, severity: Severity) -> Incident {
    let (cause, confidence) = (Some(Cause::Deployment), Some(Confidence::Likely));
    let rule = "bad-deploy".to_owned();
    Incident { severity, cause, confidence, rule, analysis: Some(Box::new(analysis())), ..read.clone() }
}

fn rejudged(read: &Incident) -> Rejudged {
    Rejudged { former: read.severity, by_rule: true, what: "raised to CRITICAL by rule bad-deploy".to_owned() }
}

fn sent<'a>(incident: &'a Incident, rejudged: Option<&'a Rejudged>) -> Sent<'a> {
    Sent { incident, rejudged, next_look: None, what: "notified (opened, notice 1)", at: NOW, now: NOW_SECONDS }
}

impl Account {
    /// The attributes of an item.
    async fn item(&self, key: &str) -> TestResult<HashMap<String, AttributeValue>> {
        let is_it = |item: &HashMap<String, AttributeValue>| {
            item.get(INCIDENT_ID).is_some_and(|id| *id == AttributeValue::S(key.to_owned()))
        };
        Ok(self.items().await?.into_iter().find(is_it).unwrap_or_default())
    }

    async fn text(&self, key: &str, attribute: &str) -> TestResult<String> {
        let item = self.item(key).await?;
        Ok(item.get(attribute).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default())
    }

    /// Makes an incident as severe as another invocation does, whose notice is pending.
    async fn set_severity(&self, key: &str, severity: Severity) -> TestResult {
        let mut item = self.item(key).await?;
        for attribute in ["severity", DUE_QUEUE] {
            item.insert(attribute.to_owned(), AttributeValue::S(severity.name().to_owned()));
        }
        self.put(item).await
    }

    /// The severity of a head, the queue in which it is, and what happened to it.
    async fn outcome(&self) -> TestResult<(String, String, Vec<String>)> {
        let incident = self.table().incident("inc-1").await?.ok_or("no incident")?;
        let entries = incident.timeline.into_iter().map(|entry| entry.what).collect();
        Ok((self.text("inc-1", "severity").await?, self.text("inc-1", DUE_QUEUE).await?, entries))
    }
}

#[tokio::test]
async fn what_an_analysis_changed_is_recorded_with_the_notice() -> TestResult {
    let account = Account::new().await?;
    let table = account.table();
    let read = opened(&table).await?;
    let (incident, rejudged) = (analysed(&read, Severity::Critical), rejudged(&read));
    assert!(!table.mark_sent(&sent(&incident, Some(&rejudged))).await?);
    let (severity, queue, entries) = account.outcome().await?;
    assert_eq!((severity.as_str(), queue.as_str()), ("CRITICAL", "CRITICAL"));
    assert_eq!(entries, ["opened", "raised to CRITICAL by rule bad-deploy", "notified (opened, notice 1)"]);
    let head = table.incident("inc-1").await?.ok_or("no incident")?;
    assert_eq!((head.rule.as_str(), head.due, head.cause), ("bad-deploy", None, Some(Cause::Deployment)));
    Ok(())
}

#[tokio::test]
async fn an_analysis_is_never_in_the_head() -> TestResult {
    let account = Account::new().await?;
    let table = account.table();
    let read = opened(&table).await?;
    table.mark_sent(&sent(&analysed(&read, read.severity), None)).await?;
    table.put_analysis("inc-1", &analysis()).await?;
    assert!(!account.item("inc-1").await?.contains_key("analysis"));
    assert_eq!(account.text("inc-1", "confidence").await?, "likely");
    assert_eq!(
        table.analyses(&["inc-0".to_owned(), "inc-1".to_owned()]).await?,
        [("inc-1".to_owned(), analysis())].into()
    );
    Ok(())
}

#[tokio::test]
async fn what_became_worse_than_its_analysis_is_escalated_and_what_is_less_is_not() -> TestResult {
    for (stated, is_worse) in [(Severity::High, true), (Severity::Critical, false)] {
        let account = Account::new().await?;
        let table = account.table();
        let read = opened(&table).await?;
        account.set_severity("inc-1", if is_worse { Severity::Critical } else { Severity::High }).await?;
        let (incident, rejudged) = (analysed(&read, stated), rejudged(&read));
        assert_eq!(table.mark_sent(&sent(&incident, Some(&rejudged))).await?, is_worse);
        let incident = table.incident("inc-1").await?.ok_or("no incident")?;
        assert_eq!(incident.due, is_worse.then_some(Reason::Escalated));
        assert_eq!(incident.severity, Severity::Critical);
    }
    Ok(())
}

#[tokio::test]
async fn a_notice_waits_unless_its_incident_changed() -> TestResult {
    for is_changed in [false, true] {
        let account = Account::new().await?;
        let table = account.table();
        let read = opened(&table).await?;
        if is_changed {
            table.set_outbox(&read, &Outbox { due_at: Some(NOW_SECONDS + 60), ..Outbox::of(&read) }).await?;
        }
        let (incident, rejudged) = (analysed(&read, Severity::Critical), rejudged(&read));
        let folded = Folded {
            read: &read,
            analysed: &incident,
            rejudged: Some(&rejudged),
            shares_cause_with: "inc-0",
            due_at: NOW_SECONDS + 45,
            at: NOW,
        };
        assert_eq!(table.fold(&folded).await?, !is_changed);
        let (severity, queue, entries) = account.outcome().await?;
        let now = table.incident("inc-1").await?.ok_or("no incident")?;
        if is_changed {
            assert_eq!((now.shares_cause_with, now.cause, severity == "CRITICAL"), (None, None, false));
        } else {
            assert_eq!((severity.as_str(), queue.as_str()), ("CRITICAL", "CRITICAL"));
            assert_eq!(entries, ["opened", "raised to CRITICAL by rule bad-deploy"]);
            assert_eq!((now.due, now.due_at, now.notices), (Some(Reason::Opened), Some(NOW_SECONDS + 45), 1));
            assert_eq!((now.shares_cause_with.as_deref(), now.cause), (Some("inc-0"), Some(Cause::Deployment)));
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_analysis_on_demand_is_kept_of_incidents_that_exist() -> TestResult {
    let account = Account::new().await?;
    let table = account.table();
    assert!(!table.keep_analysis("inc-1", &analysis()).await?);
    assert!(account.item(&analysis_key("inc-1")).await?.is_empty());
    opened(&table).await?;
    assert!(table.keep_analysis("inc-1", &analysis()).await?);
    assert_eq!(account.text("inc-1", "cause").await?, "deployment");
    assert_eq!(account.text(&analysis_key("inc-1"), "statement").await?, analysis().statement);
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_to_keep_is_not_sent_to_the_table() -> TestResult {
    let account = Account::new().await?;
    let table = account.table();
    account.aws.forget_calls();
    let large = Analysis { statement: "x".repeat(200_000), ..analysis() };
    assert!(matches!(table.put_analysis("inc-1", &large).await, Err(StoreError::Unusable { .. })));
    assert!(account.aws.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_lookup_reads_what_is_known_of_the_function() -> TestResult {
    let account = Account::new().await?;
    let beside_at = Some(NOW_SECONDS - 9);
    let history = FunctionHistory { seen_at: NOW_SECONDS, beside_at, ..FunctionHistory::default() };
    let mut item: HashMap<String, AttributeValue> = to_item(&history)?;
    item.insert(INCIDENT_ID.to_owned(), AttributeValue::S(function_key("orders")));
    account.put(item).await?;
    let table = account.table();
    let incident = classify(&failure("orders", "e1"), &Rules::defaults()?)?;
    let incident = incident.first().and_then(|one| one.incident("inc-1".to_owned(), NOW.to_owned()));
    let incident = incident.ok_or("no incident")?;
    let lookup = Lookup {
        event_ids: &["e1"],
        fingerprint: &incident.fingerprint,
        former_fingerprint: None,
        trouble: Trouble::of(&incident),
        subject: None,
        function: Some("orders"),
        budgets: &[],
    };
    assert_eq!(table.look(&lookup).await?.function, Some(history.clone()));
    // The sweep went round since, and saw it as it was.
    let number = |number: i64| AttributeValue::N(number.to_string());
    let beside = HashMap::from([("complete_since".to_owned(), number(NOW_SECONDS + 20))]);
    let round = [
        (INCIDENT_ID.to_owned(), AttributeValue::S(FUNCTION_SNAPSHOTS.to_owned())),
        ("complete_since".to_owned(), number(NOW_SECONDS + 60)),
        ("beside".to_owned(), AttributeValue::M(beside)),
    ];
    account.put(round.into()).await?;
    let checked = FunctionHistory { seen_at: NOW_SECONDS + 60, beside_at: Some(NOW_SECONDS + 20), ..history };
    assert_eq!(table.look(&lookup).await?.function, Some(checked));
    assert_eq!(table.look(&Lookup { function: None, ..lookup }).await?.function, None);
    Ok(())
}

#[tokio::test]
async fn five_functions_of_one_batch_with_one_error_are_two_mails() -> TestResult {
    let account = Account::new().await?;
    let functions = ["carts", "invoices", "orders", "payments", "refunds"];
    let bodies: Vec<String> = functions.iter().map(|name| failure_of_all(name, name).to_string()).collect();
    account.put_into_queue(&bodies).await?;
    let batch = account.batch().await?;
    assert_eq!(delivered(&account.handler()?, &batch).await?, json!({ "batchItemFailures": [] }));
    assert_eq!(account.subjects().await?.len(), 1);
    account.settled().await?;
    let mails = account.alerts().await?;
    let listed = |body: &str| functions.iter().filter(|name| body.contains(&format!("{name} failed"))).count();
    let listed: Vec<usize> = mails.iter().map(|mail| listed(&mail.body)).collect();
    assert_eq!(listed, [1, 4], "{:?}", account.subjects().await?);
    Ok(())
}

#[tokio::test]
async fn an_incident_is_analysed_again_on_demand_and_nothing_is_sent() -> TestResult {
    let account = Account::new().await?;
    let handler = account.handler()?;
    delivered(&handler, &failure("orders", "e1")).await?;
    let (id, mails) = (account.incidents().await?.remove(0).incident_id, account.subjects().await?.len());
    // Nothing of it is left, as if the write beside the alert had failed.
    account.put(HashMap::from([(INCIDENT_ID.to_owned(), AttributeValue::S(analysis_key(&id)))])).await?;
    let request = Control::Analyse { incident_id: id.clone() }.payload();
    let analysis: Analysis = serde_json::from_value(delivered(&handler, &request).await?)?;
    // This account has neither function nor log group.
    assert!(analysis.missing.iter().any(|missing| missing.kind == EvidenceKind::Log), "{analysis:?}");
    assert_eq!(account.text(&analysis_key(&id), "statement").await?, analysis.statement);
    assert_eq!(account.text(&id, "cause").await?, analysis.cause.name());
    assert_eq!(account.subjects().await?.len(), mails);
    let unknown = Control::Analyse { incident_id: "inc-0".to_owned() }.payload();
    let answer = delivered(&handler, &unknown).await?;
    assert_eq!(answer["error"], "no incident has this id");
    Ok(())
}
