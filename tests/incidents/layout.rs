//! Incidents as several items of the table, put as the handler writes them.

use std::collections::BTreeSet;

use incident_model::table::{NEVER_DUE, tally_key, timeline_key};
use serde_json::{Value, json};

use super::table::{get, incident, put, stop_the_sweep};
use crate::deployer::calls;
use crate::former::moved::faults;
use crate::harness::{Aws, TestResult, World};

const LIST: [&str; 5] = ["incidents", "list", "--local", "--output", "json"];

#[tokio::test]
async fn an_incident_is_shown_whole_whichever_items_it_has() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    put(&aws, &incident("inc-1", json!({}))).await?;
    let latest = json!({"summary": "orders is out of memory", "runbook": null, "request_id": "r-9"});
    let tally = json!({
        "incident_id": tally_key("inc-1"), "occurrences": 41, "last_seen_at": "2026-01-31T13:00:00.000Z",
        "latest": latest, "record_version": 2,
    });
    put(&aws, &tally).await?;
    let later = json!({
        "incident_id": timeline_key("inc-1"), "timeline_left_out": 7, "record_version": 2,
        "timeline": [{"at": "2026-01-31T12:30:00.000Z", "what": "notified (reminder, notice 2)"}],
    });
    put(&aws, &later).await?;

    let list = world.run(&LIST).await?.succeeded()?.json()?;
    let [listed] = list.as_array().map(Vec::as_slice).unwrap_or_default() else { return Err(format!("{list}").into()) };
    assert_eq!((&listed["occurrences"], &listed["summary"]), (&json!(42), &json!("orders is out of memory")));
    assert_eq!((&listed["request_id"], &listed["last_seen_at"]), (&json!("r-9"), &tally["last_seen_at"]));
    assert_eq!(listed["timeline"][1], later["timeline"][0], "{listed}");
    assert_eq!(listed["timeline_left_out"], 7);
    assert_eq!(listed["due_at"], Value::Null, "nothing is to come: {listed}");
    for command in [
        &["incidents", "show", "inc-1", "--local", "--output", "json"][..],
        &["incidents", "export", "--local", "--format", "jsonl"],
    ] {
        assert_eq!(world.run(command).await?.succeeded()?.json()?, *listed, "{command:?}");
    }
    let text = world.run(&["incidents", "list", "--local"]).await?.succeeded()?.stdout;
    assert!(text.contains("  42     orders is out of memory"), "{text}");
    let stats = ["incidents", "stats", "--since", "2026-01-01", "--local", "--output", "json"];
    assert_eq!(world.run(&stats).await?.succeeded()?.json()?["occurrences"], 42);
    let shown = world.run(&["incidents", "show", "inc-1", "--local"]).await?.succeeded()?.stdout;
    assert!(!shown.contains("9999"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn all_months_and_all_severities_are_read() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "DISASTER"];
    for (number, severity) in severities.iter().enumerate() {
        for (status, day) in [("open", 1), ("acknowledged", 2), ("resolved", 3)] {
            let at = format!("2026-0{}-0{day}T12:00:00.000Z", number + 1);
            let own = json!({"severity": severity, "status": status, "created_at": at});
            put(&aws, &incident(&format!("inc-{number}-{day}"), own)).await?;
        }
    }
    let newest_first = |days: &[usize]| -> Vec<String> {
        (0..5).rev().flat_map(|month| days.iter().rev().map(move |day| format!("inc-{month}-{day}"))).collect()
    };
    for (filter, expected) in [
        (&[][..], newest_first(&[1, 2, 3])),
        (&["--limit", "7"], newest_first(&[1, 2, 3])[..7].to_vec()),
        (&["--since", "2026-03-02"], newest_first(&[1, 2, 3])[..8].to_vec()),
        (&["--status", "open"], newest_first(&[1])),
        (&["--status", "open", "--status", "acknowledged"], newest_first(&[1, 2])),
        (&["--status", "open", "--status", "acknowledged", "--limit", "3"], newest_first(&[1, 2])[..3].to_vec()),
        (&["--status", "open", "--since", "2026-04-01"], newest_first(&[1])[..2].to_vec()),
        (&["--status", "open", "--severity", "LOW"], vec!["inc-3-1".to_owned()]),
        (&["--status", "resolved"], newest_first(&[3])),
        (&["--status", "resolved", "--status", "open", "--limit", "4"], newest_first(&[1, 3])[..4].to_vec()),
    ] {
        let list = world.run(&[&LIST, filter].concat()).await?.succeeded()?.json()?;
        assert_eq!(ids(&list), expected, "{filter:?}");
    }
    let shown = world.run(&["incidents", "show", "0-1", "--local"]).await?.succeeded()?.stdout;
    assert!(shown.contains("inc-0-1"), "{shown}");
    let ambiguous = world.run(&["incidents", "show", "inc-0", "--local"]).await?.ended_with(1)?;
    assert!(ambiguous.stderr.contains("inc-0-1, inc-0-2, inc-0-3"), "{ambiguous:?}");
    Ok(())
}

#[tokio::test]
async fn a_status_is_noted_where_there_is_room() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let entry = |number: usize| json!({"at": format!("2026-01-31T12:00:{number:02}.000Z"), "what": "notified"});
    let ten: Vec<Value> = (0..10).map(entry).collect();
    put(&aws, &incident("inc-1", json!({"timeline": ten}))).await?;
    let forty: Vec<Value> = (10..50).map(entry).collect();
    put(&aws, &json!({"incident_id": timeline_key("inc-1"), "timeline": forty})).await?;
    let ack = ["incidents", "ack", "inc-1", "--by", "ada", "--local"];
    world.run(&ack).await?.succeeded()?;
    let head = get(&aws, "inc-1").await?;
    assert_eq!((&head["timeline"], &head["status"]), (&json!(ten), &json!("acknowledged")));
    assert_eq!((&head["due_queue"], &head["due_at"]), (&json!("HIGH"), &json!(NEVER_DUE)), "it still needs attention");
    let later = get(&aws, &timeline_key("inc-1")).await?;
    assert_eq!(later["timeline"].as_array().map(Vec::len), Some(40));
    assert_eq!(
        (&later["timeline"][39]["what"], &later["timeline_left_out"]),
        (&json!("acknowledged by ada"), &json!(1))
    );
    assert!(world.run(&ack).await?.succeeded()?.stderr.contains("was already acknowledged"));

    // One of the former layout has everything on its head.
    let mut former = incident("inc-2", json!({"status": "acknowledged"}));
    for attribute in ["month", "due_queue", "due_at"] {
        former.as_object_mut().ok_or("no object")?.remove(attribute);
    }
    put(&aws, &former).await?;
    world.run(&["incidents", "resolve", "inc-1", "inc-2", "--by", "bob", "--local"]).await?.succeeded()?;
    for id in ["inc-1", "inc-2"] {
        let head = get(&aws, id).await?;
        assert_eq!((&head["status"], &head["due_queue"]), (&json!("resolved"), &Value::Null), "{head}");
        assert!(head["resolved_at"].is_string(), "{head}");
        assert_eq!(get(&aws, &tally_key(id)).await?["closed"], true);
    }
    let shown = world.run(&["incidents", "show", "inc-1", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let last = shown["timeline"].as_array().and_then(|entries| entries.last()).cloned().unwrap_or_default();
    assert_eq!((&last["what"], &shown["timeline_left_out"]), (&json!("resolved by bob"), &json!(2)));
    Ok(())
}

#[tokio::test]
async fn concurrent_changes_lose_no_entry() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let entry = json!({"at": "2026-01-31T12:00:00.000Z", "what": "notified"});
    put(&aws, &incident("inc-1", json!({"timeline": vec![entry.clone(); 10]}))).await?;
    put(&aws, &json!({"incident_id": timeline_key("inc-1"), "timeline": vec![entry; 40]})).await?;
    let ack = ["incidents", "ack", "inc-1", "--by", "ada", "--local"];
    let resolve = ["incidents", "resolve", "inc-1", "--by", "bob", "--local"];
    let (acknowledged, resolved) = tokio::join!(world.run(&ack), world.run(&resolve));
    resolved?.succeeded()?;
    let later = get(&aws, &timeline_key("inc-1")).await?;
    let entries: BTreeSet<&str> =
        later["timeline"].as_array().into_iter().flatten().filter_map(|entry| entry["what"].as_str()).collect();
    // Refused if the resolution was first.
    let both = acknowledged?.succeeded().is_ok();
    assert!(entries.contains("resolved by bob") && entries.contains("acknowledged by ada") == both, "{entries:?}");
    assert_eq!(later["timeline_left_out"], if both { 2 } else { 1 });
    Ok(())
}

#[tokio::test]
async fn a_thousand_incidents_take_few_calls() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let mut writes = Vec::new();
    for number in 0..1000 {
        let at = format!("2026-01-31T12:{:02}:{:02}.000Z", number / 60, number % 60);
        writes.push(incident(&format!("inc-{number:04}"), json!({"created_at": at})));
    }
    put(&aws, &writes[0]).await?;
    for chunk in writes.chunks(25) {
        put_all(&aws, chunk).await?;
    }
    let all = [&LIST[..3], &["--all"]].concat();
    let before = reads(&aws).await?;
    let listed = world.run(&all).await?.succeeded()?;
    assert!(listed.stderr.contains("1000 incidents"), "{}", listed.stderr);
    let after = reads(&aws).await?;
    // A refused query of the former index, the calendar, pages of the index, and heads and tallies by the hundred.
    assert!((22..=25).contains(&(after - before)), "{} calls", after - before);
    world.run(&LIST[..3]).await?.succeeded()?;
    let few = reads(&aws).await? - after;
    assert_eq!(few, 4, "as many calls for the newest fifty, however many there are");
    Ok(())
}

#[tokio::test]
async fn keys_that_dynamodb_leaves_out_are_asked_for_again() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    for id in ["inc-1", "inc-2", "inc-3"] {
        put(&aws, &incident(id, json!({}))).await?;
    }
    let leaves_out = json!([{"operation": "BatchGetItem", "action": "unprocessed", "times": 4}]);
    faults(&aws, &leaves_out).await?;
    assert_eq!(ids(&world.run(&LIST).await?.succeeded()?.json()?).len(), 3);
    Ok(())
}

async fn put_all(aws: &Aws, records: &[Value]) -> TestResult {
    use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
    let request = |record: &Value| -> TestResult<WriteRequest> {
        let put = PutRequest::builder().set_item(Some(serde_dynamo::to_item(record)?)).build()?;
        Ok(WriteRequest::builder().put_request(put).build())
    };
    let requests = records.iter().map(request).collect::<TestResult<Vec<_>>>()?;
    let reply = aws.dynamodb.batch_write_item().request_items(super::table::TABLE, requests).send().await?;
    assert!(reply.unprocessed_items().is_none_or(|left| left.is_empty()));
    Ok(())
}

/// Reads of the table so far.
async fn reads(aws: &Aws) -> TestResult<usize> {
    let calls = calls(&aws.endpoint, &aws.secret).await?;
    let is_read = |call: &&Value| ["Query", "BatchGetItem"].iter().any(|name| call["operation"] == *name);
    Ok(calls.as_array().into_iter().flatten().filter(is_read).count())
}

fn ids(list: &Value) -> Vec<String> {
    let ids = list.as_array().into_iter().flatten().filter_map(|one| one["incident_id"].as_str());
    ids.map(str::to_owned).collect()
}
