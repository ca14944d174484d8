//! How acknowledging and resolving change the record.

use serde_json::{Value, json};

use super::table::{get, incident, put, stop_the_sweep};
use crate::harness::{TestResult, World};

#[tokio::test]
async fn a_due_mail_survives_acknowledgement_but_not_resolution() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let due = json!({"due": "opened", "due_at": 4_000_000_000_u64, "silenced_by": "sil-1", "recovered": false});
    put(&aws, &incident("inc-1", due)).await?;

    world.run(&["incidents", "ack", "inc-1", "--by", "ada", "--note", "looking", "--local"]).await?.succeeded()?;
    let acknowledged = get(&aws, "inc-1").await?;
    assert_eq!(acknowledged["status"], "acknowledged");
    assert_eq!((&acknowledged["due"], &acknowledged["due_at"]), (&json!("opened"), &json!(4_000_000_000_u64)));
    assert_eq!(acknowledged["silenced_by"], "sil-1");
    assert_eq!(acknowledged["resolution_note"], Value::Null, "it is not resolved yet");

    world.run(&["incidents", "resolve", "inc-1", "--by", "ada", "--note", "fixed", "--local"]).await?.succeeded()?;
    let resolved = get(&aws, "inc-1").await?;
    assert_eq!(resolved["status"], "resolved");
    for gone in ["due", "due_at", "due_queue", "silenced_by"] {
        assert_eq!(resolved[gone], Value::Null, "{gone} is left");
    }
    assert_eq!(get(&aws, "inc-1#tally").await?["closed"], true, "nothing is counted any more");
    for [when, entry] in [["acknowledged_at", "1"], ["resolved_at", "2"]] {
        let at = resolved.pointer(&format!("/timeline/{entry}/at"));
        assert_eq!(Some(&resolved[when]), at, "{resolved}");
    }
    assert_eq!(resolved["recovered"], false, "a person resolved it");
    assert_eq!(resolved["timeline"][2]["what"], "resolved by ada: fixed");
    assert_eq!(resolved["resolution_note"], "fixed");
    Ok(())
}

/// Close to DynamoDB's item limit of 400 KB, so that one more entry is rejected.
#[tokio::test]
async fn an_oversized_record_shrinks_when_acknowledged_or_resolved() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let reminder =
        json!({"at": "2026-01-31T12:00:00.000Z", "what": format!("notified (reminder, notice {})", "7".repeat(40))});
    let (mut before, mut too_many) = (0, 5_000);
    while too_many - before > 1 {
        let entries = usize::midpoint(before, too_many);
        let large = incident("inc-1", json!({"timeline": vec![reminder.clone(); entries]}));
        match put(&aws, &large).await {
            Ok(()) => before = entries,
            Err(_) => too_many = entries,
        }
    }
    assert!(before > 3_000, "{before} entries are not many");

    world.run(&["incidents", "ack", "inc-1", "--by", "ada", "--local"]).await?.succeeded()?;
    let acknowledged = get(&aws, "inc-1").await?;
    assert_eq!(acknowledged["status"], "acknowledged");
    assert_eq!(acknowledged["timeline"].as_array().map(Vec::len), Some(50));
    assert_eq!(acknowledged["timeline_left_out"], before - 50);
    assert_eq!(get(&aws, "inc-1#timeline").await?["timeline"][0]["what"], "acknowledged by ada");

    let note = "n".repeat(50_000);
    world.run(&["incidents", "resolve", "inc-1", "--by", "ada", "--note", &note, "--local"]).await?.succeeded()?;
    let resolved = get(&aws, "inc-1").await?;
    assert_eq!((&resolved["status"], &resolved["timeline_left_out"]), (&json!("resolved"), &json!(before - 50)));
    assert!(get(&aws, "inc-1#timeline").await?.to_string().len() < 2_000, "a note is cut");
    let shown = world.run(&["incidents", "show", "inc-1", "--local"]).await?.succeeded()?;
    assert!(shown.stdout.contains(&format!("... {} more ...", before - 50)), "{}", shown.stdout);
    Ok(())
}

#[tokio::test]
async fn lists_are_filtered() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    for record in [
        incident("inc-1", json!({"severity": "LOW"})),
        incident("inc-2", json!({"resource": "bills", "created_at": "2026-02-01T12:00:00.000Z"})),
        incident("inc-3", json!({"source": "ecs", "created_at": "2026-02-02T12:00:00.000Z"})),
        incident("inc-4", json!({"status": "resolved", "created_at": "2026-02-03T12:00:00.000Z"})),
    ] {
        put(&aws, &record).await?;
    }
    for (filter, expected) in [
        (vec![], vec!["inc-4", "inc-3", "inc-2", "inc-1"]),
        (vec!["--source", "lambda"], vec!["inc-4", "inc-2", "inc-1"]),
        (vec!["--resource", "bills", "--resource", "orders", "--severity", "HIGH"], vec!["inc-4", "inc-3", "inc-2"]),
        (vec!["--status", "open", "--source", "lambda"], vec!["inc-2", "inc-1"]),
        (vec!["--since", "2026-02-02", "--source", "ecs"], vec!["inc-3"]),
        (vec!["--source", "glue"], vec![]),
    ] {
        let command = [&["incidents", "list", "--local", "--output", "json"], filter.as_slice()].concat();
        let list = world.run(&command).await?.succeeded()?.json()?;
        let ids: Vec<&str> =
            list.as_array().into_iter().flatten().filter_map(|one| one["incident_id"].as_str()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
    Ok(())
}
