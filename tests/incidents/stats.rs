//! `incidents stats` and `incidents export`.

use serde_json::{Value, json};

use super::table::{incident, put, stop_the_sweep};
use crate::harness::{Aws, TestResult, World};

#[tokio::test]
async fn stats_and_export_cover_the_requested_time() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    recorded(&aws).await?;

    let stats = ["incidents", "stats", "--since", "2026-02-01", "--local", "--output", "json"];
    let stats = world.run(&stats).await?.succeeded()?.json()?;
    assert_eq!((&stats["incidents"], &stats["occurrences"]), (&json!(2), &json!(8)), "{stats}");
    assert_eq!(stats["by_status"], json!({"open": 1, "acknowledged": 0, "resolved": 1}));
    assert_eq!(stats["to_resolve"], json!({"count": 1, "median": 600, "p90": 600}));
    assert_eq!(stats["top_resources"][0]["name"], "lambda orders");
    let text = world.run(&["incidents", "stats", "--since", "2026-01-01", "--local"]).await?.succeeded()?.stdout;
    assert!(text.starts_with("incidents     3 of 9 failures\n"), "{text}");

    let export = ["incidents", "export", "--local", "--format"];
    let records = world.run(&[&export[..], &["json"]].concat()).await?.succeeded()?.json()?;
    let ids: Vec<&Value> = records.as_array().into_iter().flatten().map(|one| &one["incident_id"]).collect();
    assert_eq!(ids, ["inc-1", "inc-2", "inc-3"], "oldest first");
    let lines = world.run(&[&export[..], &["jsonl", "--since", "2026-02-02"]].concat()).await?.succeeded()?;
    assert_eq!(lines.json_lines()?, [records[2].clone()]);
    let table = world.run(&[&export[..], &["csv"]].concat()).await?.succeeded()?.stdout;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headings = reader.headers()?.clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    assert_eq!(rows.len(), 3);
    let message = headings.iter().position(|heading| heading == "error_message").ok_or("no error_message")?;
    assert_eq!(&rows[1][message], "'=HYPERLINK(\"http://example.com\")", "no spreadsheet follows it");
    assert!(table.lines().count() > 3 && table.contains("\r\n"), "{table}");
    Ok(())
}

/// Three incidents; the message of the second is hostile.
async fn recorded(aws: &Aws) -> TestResult {
    let over = json!([
        {"at": "2026-02-01T12:00:00.000Z", "what": "opened"},
        {"at": "2026-02-01T12:10:00.000Z", "what": "recovered"},
    ]);
    let second = json!({
        "created_at": "2026-02-01T12:00:00.000Z",
        "status": "resolved",
        "timeline": over,
        "occurrences": 7,
        "error_message": "=HYPERLINK(\"http://example.com\")",
    });
    put(aws, &incident("inc-1", json!({}))).await?;
    put(aws, &incident("inc-2", second)).await?;
    put(aws, &incident("inc-3", json!({"created_at": "2026-02-02T12:00:00.000Z", "resource": "bills"}))).await
}
