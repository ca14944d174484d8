//! Records of a newer version, and unreadable records.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use incident_model::table::CURRENT_RECORD_VERSION;
use serde_json::{Value, json};

use super::table::{TABLE, get, incident, put, stop_the_sweep};
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually, samples};

const HANDLER: &str = "devops-incident-handler";
const PAST: &str = "2026-01-31T12:00:00.000Z";

#[tokio::test]
async fn every_item_has_its_record_version() -> TestResult {
    let world = World::new()?;
    // Not confirmed, so that `up` records since when the address is pending.
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    let aws = world.aws().await?;
    let wanted = |file: &str| file.starts_with("alarm-") || file.starts_with("lambda-");
    for sample in samples()?.into_iter().filter(|sample| wanted(&sample.file)) {
        handler(&aws, &sample.event).await?;
    }
    handler(&aws, &json!({"incidentctl": "sweep"})).await?;
    let silence = ["silence", "add", "--local", "--resource", "orders", "--for", "2h", "--reason", "we deploy"];
    world.run(&silence).await?.succeeded()?;

    let scan = aws.dynamodb.scan().table_name(TABLE).consistent_read(true).send().await?;
    let key = |item: &HashMap<String, AttributeValue>| item["incident_id"].as_s().cloned().unwrap_or_default();
    let kinds = ["inc-", "event#", "open#", "trouble#", "budget#", "pending#", "self-check", "silences", "calendar"];
    for kind in kinds {
        assert!(scan.items().iter().any(|item| key(item).starts_with(kind)), "no item {kind}");
    }
    let lacking: Vec<String> = scan
        .items()
        .iter()
        .filter(|item| {
            item.get("record_version")
                .is_none_or(|version| *version != AttributeValue::N(CURRENT_RECORD_VERSION.to_string()))
        })
        .map(key)
        .collect();
    assert!(lacking.is_empty(), "without record_version: {lacking:?}");
    Ok(())
}

#[tokio::test]
async fn an_unreadable_item_stops_neither_sweep_nor_list() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let broken = json!({"occurrences": {"hourly": [1, 2]}, "due": "opened", "due_at": 1});
    put(&aws, &incident("inc-broken", broken)).await?;
    // Not quiet, so that it stays open.
    let good = json!({"due": "opened", "due_at": 2, "last_seen_at": "2036-01-31T12:00:00.000Z"});
    put(&aws, &incident("inc-good", good)).await?;
    eventually("the sweep to find both", async || {
        handler(&aws, &json!({"incidentctl": "sweep"})).await?;
        let seen = get(&aws, "inc-broken").await?["due_at"].as_i64() > Some(1);
        Ok((seen && !get(&aws, "inc-good").await?["notified_at"].is_null()).then_some(()))
    })
    .await?;
    assert_eq!(aws.until_alerts(1).await?.len(), 1);
    // Not in the next minute again, and otherwise unchanged.
    let later = get(&aws, "inc-broken").await?["due_at"].as_i64().unwrap_or_default();
    handler(&aws, &json!({"incidentctl": "sweep"})).await?;
    let after = get(&aws, "inc-broken").await?;
    assert_eq!((&after["due_at"], &after["due"]), (&json!(later), &json!("opened")));
    assert_eq!(after["occurrences"], json!({"hourly": [1, 2]}));

    for (command, has_good) in [
        (&["incidents", "list", "--output", "json"][..], true),
        (&["incidents", "list", "--status", "open", "--output", "json"], true),
        (&["incidents", "export"], true),
        (&["incidents", "export", "--format", "csv"], true),
        (&["incidents", "stats", "--since", "2026-01-01T00:00Z", "--output", "json"], false),
    ] {
        let said = world.run(&[command, &["--local"]].concat()).await?.succeeded()?;
        assert!(said.stderr.contains("skipped 1 incident") && said.stderr.contains("inc-broken"), "{said:?}");
        assert_eq!(said.stdout.contains("inc-good"), has_good, "{said:?}");
    }
    let stats = ["incidents", "stats", "--since", "2026-01-01T00:00Z", "--output", "json", "--local"];
    let stats = world.run(&stats).await?.succeeded()?.json()?;
    assert_eq!((&stats["incidents"], &stats["unreadable"]), (&json!(1), &json!(["inc-broken"])));
    let status = world.run(&["status", "--local", "--output", "json"]).await?;
    assert_eq!(status.json()?["unreadable"], json!(["inc-broken"]), "{status:?}");
    assert!(world.run(&["status", "--local"]).await?.stdout.contains("inc-broken"));
    let shown = world.run(&["incidents", "show", "good", "--local"]).await?.succeeded()?;
    assert!(shown.stdout.contains("inc-good"), "{shown:?}");
    Ok(())
}

#[tokio::test]
async fn unknown_names_of_a_newer_version_are_shown_and_preserved() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let newer = json!({"severity": "DISASTER", "status": "snoozed", "due": "paged", "due_at": 1, "record_version": 7});
    put(&aws, &incident("inc-newer", newer)).await?;
    eventually("the mail", async || {
        handler(&aws, &json!({"incidentctl": "sweep"})).await?;
        Ok((!get(&aws, "inc-newer").await?["notified_at"].is_null()).then_some(()))
    })
    .await?;
    let alerts = aws.until_alerts(1).await?;
    assert!(alerts[0].subject.starts_with("[DISASTER] PAGED: "), "{alerts:?}");
    let kept = get(&aws, "inc-newer").await?;
    assert_eq!(
        (&kept["severity"], &kept["status"], &kept["record_version"]),
        (&json!("DISASTER"), &json!("snoozed"), &json!(7))
    );
    assert!(!kept["due_at"].is_null(), "a severity that is not known is reminded of like the worst: {kept}");

    let list = world.run(&["incidents", "list", "--local"]).await?.succeeded()?;
    assert!(list.stdout.contains("DISASTER  snoozed") && !list.stderr.contains("skipped"), "{list:?}");
    for command in
        [&["incidents", "show", "newer"][..], &["incidents", "export"], &["incidents", "export", "--format", "csv"]]
    {
        let said = world.run(&[command, &["--local"]].concat()).await?.succeeded()?;
        assert!(said.stdout.contains("DISASTER") && said.stdout.contains("snoozed"), "{said:?}");
    }
    let stats = ["incidents", "stats", "--since", "2026-01-01T00:00Z", "--output", "json", "--local"];
    let stats = world.run(&stats).await?.succeeded()?.json()?;
    assert_eq!((&stats["by_severity"]["DISASTER"], &stats["by_status"]["snoozed"]), (&json!(1), &json!(1)), "{stats}");
    let refused = world.run(&["incidents", "ack", "newer", "--local"]).await?.ended_with(1)?;
    assert!(refused.stderr.contains("`snoozed`"), "{refused:?}");
    assert_eq!(get(&aws, "inc-newer").await?["status"], "snoozed");
    Ok(())
}

#[tokio::test]
async fn a_failure_with_an_unreadable_incident_opens_a_new_one() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let alarm = samples()?.into_iter().find(|sample| sample.file == "alarm-01-single-metric-alarm.json");
    let mut event = alarm.ok_or("no sample")?.event;
    handler(&aws, &event).await?;
    let opened = listed(&world, 1).await?;
    let mut broken: Value = get(&aws, &opened[0]).await?;
    broken["summary"] = json!(["of", "parts"]);
    put(&aws, &broken).await?;
    // Redelivered; it was counted before.
    handler(&aws, &event).await?;
    event["id"] = json!("another");
    handler(&aws, &event).await?;
    let now = listed(&world, 1).await?;
    assert_ne!(now, opened);
    Ok(())
}

#[tokio::test]
async fn a_silence_of_a_newer_version_has_no_effect_and_is_preserved() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let newer = json!({"silence_id": "sil-newer", "until": {"event": "deployed"}});
    let extended = json!({"silence_id": "sil-extended", "by": "ada", "reason": "we deploy", "created_at": PAST,
        "until": "2036-01-31T12:00:00.000Z", "pattern": {"source": ["lambda"]}, "ticket": 4711});
    put(&aws, &json!({"incident_id": "silences", "version": 3, "silences": [newer, extended]})).await?;
    handler(&aws, &json!({"incidentctl": "sweep"})).await?;
    let list = world.run(&["silence", "list", "--local"]).await?.succeeded()?;
    assert!(list.stdout.contains("sil-extended") && list.stderr.contains("skipped 1 silence"), "{list:?}");
    let add = ["silence", "add", "--local", "--resource", "orders", "--for", "2h", "--reason", "we deploy"];
    world.run(&add).await?.succeeded()?;
    world.run(&["silence", "end", "sil-extended", "--local"]).await?.succeeded()?;
    let item = get(&aws, "silences").await?;
    assert_eq!((&item["silences"][0], &item["silences"][1]["ticket"]), (&newer, &json!(4711)), "{item}");
    assert_ne!(item["silences"][1]["until"], extended["until"]);
    assert_eq!(item["silences"].as_array().map(Vec::len), Some(3));
    Ok(())
}

/// Ids of the readable incidents, once there are this many.
async fn listed(world: &World, number: usize) -> TestResult<Vec<String>> {
    eventually("the list", async || {
        let list = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
        let ids = list.as_array().into_iter().flatten().filter_map(|one| Some(one["incident_id"].as_str()?.to_owned()));
        let ids: Vec<String> = ids.collect();
        Ok((ids.len() == number).then_some(ids))
    })
    .await
}

/// Invokes the handler with an event; it must succeed.
async fn handler(aws: &Aws, event: &Value) -> TestResult {
    let answer = aws.lambda.invoke().function_name(HANDLER).payload(Blob::new(event.to_string())).send().await?;
    let body = String::from_utf8_lossy(answer.payload().map(AsRef::as_ref).unwrap_or_default()).into_owned();
    match answer.function_error() {
        None => Ok(()),
        Some(_) => Err(format!("the handler failed: {body}").into()),
    }
}
