//! On a local AWS's table.

use incident_model::{Confidence, Incident, Rules, classify};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use serde_json::json;

use super::*;
use crate::local_table::{LocalTable, TABLE, Tested};

const NOW: i64 = 1_795_773_480;
const AT: &str = "2026-11-27T09:58:00.000Z";

fn author() -> Author {
    Author { who: "role/ci".to_owned(), call: "UpdateFunctionCode".to_owned(), at: NOW - 240 }
}

/// An incident of a function with a cause, as it is in the table.
async fn put(local: &LocalTable, id: &str, created_at: &str, function: &str, cause: Cause) -> Tested {
    let event = json!({"version": "0", "id": id, "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "time": created_at, "account": "111111111111", "region": "us-east-1", "detail": {
            "requestContext": {"functionArn": format!("arn:aws:lambda:us-east-1:111111111111:function:{function}:$LATEST"),
                "condition": "RetriesExhausted", "requestId": id, "approximateInvokeCount": 3},
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": {"errorType": "KeyError", "errorMessage": "'customer'"}, "requestPayload": {}}});
    let classified = classify(&event, &Rules::defaults()?)?;
    let incident = classified.first().and_then(|one| one.incident(id.to_owned(), created_at.to_owned()));
    let incident = Incident { cause: Some(cause), ..incident.ok_or("no incident")? };
    let head = local.client.put_item().table_name(TABLE).set_item(Some(to_item(&incident)?));
    head.item(MONTH, text(&month_of(created_at))).send().await?;
    let analysis = Analysis {
        evidence: vec![Quote { kind: EvidenceKind::Change, at: Some(AT.to_owned()), text: "code deployed".to_owned() }],
        changed: vec!["code".to_owned()],
        at: created_at.to_owned(),
        ..Analysis::of(cause, Confidence::Likely, "the code changed")
    };
    let beside = local.client.put_item().table_name(TABLE).set_item(Some(to_item(&analysis)?));
    beside.item(INCIDENT_ID, text(&analysis_key(id))).send().await?;
    Ok(())
}

async fn item(local: &LocalTable, key: &str) -> Tested<Item> {
    let get = local.client.get_item().table_name(TABLE).key(INCIDENT_ID, text(key)).consistent_read(true);
    Ok(get.send().await?.item.unwrap_or_default())
}

fn ids<T>(found: &[T], id: impl Fn(&T) -> &str) -> Vec<&str> {
    let mut ids: Vec<&str> = found.iter().map(id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn an_answer_is_recorded_once_with_its_entry() -> Tested {
    let local = LocalTable::create().await?;
    let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
    put(&local, "inc-1", "2026-11-27T09:59:00.000Z", "orders", Cause::Deployment).await?;
    put(&local, "inc-2", "2026-11-27T10:00:00.000Z", "bills", Cause::Configuration).await?;
    put(&local, "inc-3", "2026-11-27T10:00:00.000Z", "other", Cause::Dependency).await?;
    put(&local, "inc-0", "2026-11-26T10:00:00.000Z", "older", Cause::Deployment).await?;
    let suspects = memory.suspects(NOW - 1800, NOW + 240).await?;
    assert_eq!(ids(&suspects, |one| &one.incident_id), ["inc-1", "inc-2"]);
    let questions = memory.open(&suspects).await?;
    assert_eq!(ids(&questions, |one| &one.incident_id), ["inc-1", "inc-2"]);
    let orders = questions.iter().find(|one| one.function == "orders").ok_or("no question")?;
    let bills = questions.iter().find(|one| one.function == "bills").ok_or("no question")?;

    assert!(memory.answer(orders, Some(&author())).await?);
    assert!(!memory.answer(orders, Some(&author())).await?, "once");
    let record = item(&local, "inc-1#analysis").await?;
    assert_eq!(record.get(WHO), Some(&text("role/ci")));
    let analysis: Analysis = from_item(record)?;
    let said: Vec<&str> = analysis.context.iter().map(|quote| quote.text.as_str()).collect();
    assert_eq!(said, ["UpdateFunctionCode by role/ci, according to CloudTrail"]);

    assert!(memory.answer(bills, None).await?);
    let analysis: Analysis = from_item(item(&local, "inc-2#analysis").await?)?;
    assert_eq!(analysis.missing, [Missing { kind: EvidenceKind::Change, reason: WhyMissing::None }]);
    assert_eq!(memory.open(&suspects).await?, [], "both are answered");

    memory.note("inc-1", &author(), NOW).await?;
    let incident: Incident = from_item(item(&local, "inc-1").await?)?;
    let last = incident.timeline.last().ok_or("no entry")?;
    assert_eq!(last.what, "suspected change: UpdateFunctionCode by role/ci, according to CloudTrail");
    memory.note("inc-9", &author(), NOW).await?;
    assert!(item(&local, "inc-9").await?.is_empty(), "a deleted incident stays deleted");
    Ok(())
}

/// An escalation may have made another analysis meanwhile, with another change.
#[tokio::test]
async fn an_answer_belongs_to_its_analysis() -> Tested {
    let local = LocalTable::create().await?;
    let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
    put(&local, "inc-1", "2026-11-30T23:59:00.000Z", "orders", Cause::Deployment).await?;
    put(&local, "inc-2", "2026-12-01T00:01:00.000Z", "orders", Cause::Deployment).await?;
    let midnight = NOW + 3 * 86_400 + 14 * 3600 + 120;
    let suspects = memory.suspects(midnight - 1800, midnight + 240).await?;
    assert_eq!(ids(&suspects, |one| &one.incident_id), ["inc-1", "inc-2"], "of two months");
    let questions = memory.open(&suspects).await?;
    put(&local, "inc-1", "2026-12-01T00:02:00.000Z", "orders", Cause::Deployment).await?;
    let first = questions.iter().find(|one| one.incident_id == "inc-1").ok_or("no question")?;
    assert!(!memory.answer(first, Some(&author())).await?);
    Ok(())
}

#[tokio::test]
async fn cloudtrail_is_one_sweeps_for_a_while() -> Tested {
    let local = LocalTable::create().await?;
    let memory = TableMemory::new(local.client.clone(), TABLE.to_owned());
    for (seconds, is_free) in [(0, true), (10, false), (60, true), (61, false), (-3600, true)] {
        assert_eq!(memory.claim(NOW + seconds).await?, is_free, "{seconds}");
    }
    Ok(())
}
