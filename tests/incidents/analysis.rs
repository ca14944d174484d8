//! What the handler found out about an incident, on the command line.

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::table::analysis_key;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::table::{TABLE, get, incident, put, stop_the_sweep};
use crate::deployer::calls;
use crate::harness::{Aws, TestResult, World, eventually};

const GROUP: &str = "/aws/lambda/orders";
const REQUEST: &str = "5f0c8a3e-1111-4222-8333-444455556666";

/// Incidents by cause; the analysis of the third is of no version.
async fn analysed(aws: &Aws) -> TestResult {
    stop_the_sweep(aws).await?;
    let record = |id: &str, day: u8, own: Value| {
        let mut record = incident(id, own);
        record["created_at"] = json!(format!("2026-01-0{day}T12:00:00.000Z"));
        record
    };
    put(aws, &record("inc-1", 1, json!({"cause": "deployment", "confidence": "likely"}))).await?;
    put(aws, &record("inc-2", 2, json!({"cause": "unknown", "confidence": "possible", "status": "resolved"}))).await?;
    put(aws, &record("inc-3", 3, json!({"cause": "limit", "confidence": "possible"}))).await?;
    put(aws, &record("inc-4", 4, json!({}))).await?;
    put(aws, &record("inc-5", 5, json!({"cause": "sabotage", "confidence": "certain"}))).await?;
    let analysis = json!({
        "incident_id": analysis_key("inc-1"), "record_version": 2, "cause": "deployment", "confidence": "likely",
        "statement": "version 41 was deployed 4 min before the first failure",
        "evidence": [{"kind": "change", "at": "2026-01-01T11:56:00Z", "text": "code deployed: version 41"}],
        "missing": [{"kind": "log", "reason": "denied"}, {"kind": "weather", "reason": "cloudy"}],
        "lines": [{"at": "2026-01-01T12:00:00Z", "text": "reading order 4711"}],
        "failing_share": 0.9, "at": "2026-01-01T12:00:01Z", "novel": [1],
    });
    put(aws, &analysis).await?;
    put(aws, &json!({"incident_id": analysis_key("inc-3"), "record_version": 9, "cause": ["limit"]})).await
}

#[tokio::test]
async fn the_suspected_cause_is_shown_filtered_exported_and_counted() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    analysed(&aws).await?;
    for (filter, expected) in [
        (&["--cause", "deployment"][..], &["inc-1"][..]),
        (&["--cause", "deployment", "--cause", "unknown"], &["inc-2", "inc-1"]),
        (&["--cause", "unknown", "--status", "open"], &[]),
        (&["--cause", "limit", "--status", "open", "--severity", "HIGH"], &["inc-3"]),
        (&[], &["inc-5", "inc-4", "inc-3", "inc-2", "inc-1"]),
    ] {
        let command = [&["incidents", "list", "--local", "--output", "json"], filter].concat();
        let list = world.run(&command).await?.succeeded()?.json()?;
        let ids: Vec<&str> =
            list.as_array().into_iter().flatten().filter_map(|one| one["incident_id"].as_str()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
    let refused = world.run(&["incidents", "list", "--local", "--cause", "sabotage"]).await?.ended_with(2)?;
    assert!(refused.stderr.contains("deployment") && refused.stderr.contains("platform"), "{refused:?}");

    let show = async |id: &str| {
        world.run(&["incidents", "show", id, "--local", "--output", "json"]).await?.succeeded()?.json()
    };
    let analysis = show("inc-1").await?["analysis"].clone();
    assert_eq!(analysis["statement"], "version 41 was deployed 4 min before the first failure");
    assert_eq!(analysis["missing"][1], json!({"kind": "weather", "reason": "cloudy"}));
    let unreadable = show("inc-3").await?;
    assert_eq!((&unreadable["cause"], &unreadable["analysis"]), (&json!("limit"), &Value::Null));
    let text = world.run(&["incidents", "show", "inc-1", "--local"]).await?.succeeded()?.stdout;
    insta::assert_snapshot!(text.lines().skip(2).take(7).collect::<Vec<_>>().join("\n"), @r#"
    cause         deployment, likely: version 41 was deployed 4 min before the first failure
    evidence      change 2026-01-01 11:56:00: code deployed: version 41
    what to do    Raise the timeout.
    error         Sandbox.Timedout: Task timed out after 3.00 seconds
    log           2026-01-01 12:00:00  reading order 4711
    missing       log: denied, the handler may not read it
                  weather: cloudy, a newer version knows why
    "#);
    let text = world.run(&["incidents", "show", "inc-3", "--local"]).await?.succeeded()?.stdout;
    assert!(text.contains("cause         limit, possible\n"), "{text}");

    let list = world.run(&["incidents", "list", "--local"]).await?.succeeded()?.stdout;
    insta::assert_snapshot!(list, @r#"
    ID     TIME (UTC)           SEVERITY  STATUS    SOURCE  COUNT  CAUSE       SUMMARY
    inc-5  2026-01-05 12:00:00  HIGH      open      lambda  1      sabotage?   orders timed out after 3 s
    inc-4  2026-01-04 12:00:00  HIGH      open      lambda  1      -           orders timed out after 3 s
    inc-3  2026-01-03 12:00:00  HIGH      open      lambda  1      limit?      orders timed out after 3 s
    inc-2  2026-01-02 12:00:00  HIGH      resolved  lambda  1      unknown     orders timed out after 3 s
    inc-1  2026-01-01 12:00:00  HIGH      open      lambda  1      deployment  orders timed out after 3 s
    "#);
    let csv = world.run(&["incidents", "export", "--local", "--format", "csv"]).await?.succeeded()?.stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<std::collections::HashMap<String, String>> = reader.deserialize().collect::<Result<_, _>>()?;
    assert_eq!((rows[0]["cause"].as_str(), rows[0]["confidence"].as_str()), ("deployment", "likely"));
    assert_eq!(rows[0]["statement"], "version 41 was deployed 4 min before the first failure");
    let stats = ["incidents", "stats", "--since", "2026-01-01", "--local", "--output", "json"];
    let stats = world.run(&stats).await?.succeeded()?.json()?;
    assert_eq!(stats["by_cause"], json!({"deployment": 1, "limit": 1, "sabotage": 1, "unknown": 1}));
    Ok(())
}

#[tokio::test]
async fn a_table_reads_no_analysis_and_a_filter_by_cause_takes_no_more_calls() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    analysed(&aws).await?;
    put(&aws, &json!({"incident_id": analysis_key("inc-4"), "novel": "x".repeat(200_000)})).await?;
    let table = reads(&world, &aws, &[]).await?;
    let filtered = reads(&world, &aws, &["--cause", "limit"]).await?;
    let whole = reads(&world, &aws, &["--output", "json"]).await?;
    assert!(filtered.len() <= table.len(), "{table:?} {filtered:?}");
    let units = |reads: &[f64]| reads.iter().sum::<f64>();
    assert!(units(&whole) > 24.0 && units(&table) < 8.0, "{whole:?} {table:?}");
    Ok(())
}

/// The read units of each call of a list.
async fn reads(world: &World, aws: &Aws, arguments: &[&str]) -> TestResult<Vec<f64>> {
    let log = async || TestResult::Ok(calls(&aws.endpoint, &aws.secret).await?.as_array().cloned().unwrap_or_default());
    let before = log().await?.len();
    world.run(&[&["incidents", "list", "--local"], arguments].concat()).await?.succeeded()?;
    let is_read = |call: &&Value| ["Query", "BatchGetItem"].iter().any(|name| call["operation"] == *name);
    Ok(log().await?[before..].iter().filter(is_read).filter_map(|call| call["read_units"].as_f64()).collect())
}

#[tokio::test]
async fn a_resolution_keeps_its_note() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    analysed(&aws).await?;
    let note = "rolled back\nto v38";
    let resolve = ["incidents", "resolve", "inc-1", "inc-2", "inc-3", "--note", note, "--by", "ada", "--local"];
    let finished = world.run(&[&resolve[..], &["--output", "json"]].concat()).await?.succeeded()?;
    let notes: Vec<Value> =
        finished.json()?.as_array().into_iter().flatten().map(|one| one["resolution_note"].clone()).collect();
    assert_eq!(notes, [json!("rolled back to v38"), Value::Null, json!("rolled back to v38")], "one was over before");
    assert!(finished.stderr.contains("inc-2 was already resolved; the note is not recorded"), "{finished:?}");
    for id in ["inc-1", "inc-3"] {
        let resolved = get(&aws, id).await?;
        assert_eq!(resolved["resolution_note"], "rolled back to v38");
        assert_eq!(resolved["timeline"][1]["what"], "resolved by ada: rolled back to v38");
    }
    Ok(())
}

#[tokio::test]
async fn all_lines_of_a_request_are_read_from_its_log() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_sweep(&aws).await?;
    let now = Timestamp::now();
    let own = json!({"request_id": REQUEST, "last_seen_at": now.to_string(), "cause": "unknown"});
    put(&aws, &incident("inc-1", own)).await?;
    let show = ["incidents", "show", "inc-1", "--logs", "--local"];

    // Without the log group, the lines of the record are all there are.
    let analysis = json!({
        "incident_id": analysis_key("inc-1"), "cause": "unknown", "confidence": "possible", "statement": "nothing fits",
        "lines": [{"at": "2026-01-01T12:00:00Z", "text": "a line of the record"}],
    });
    put(&aws, &analysis).await?;
    let recorded = world.run(&show).await?.succeeded()?;
    assert!(recorded.stdout.contains("a line of the record"), "{recorded:?}");
    assert!(
        recorded.stderr.contains("the log cannot be shown: ") && recorded.stderr.contains("ResourceNotFound"),
        "{recorded:?}"
    );

    fill(&aws, now).await?;
    let live = eventually("the lines to be readable", async || {
        let shown = world.run(&show).await?.succeeded()?;
        Ok(shown.stdout.contains(&format!("{GROUP} a-stream")).then_some(shown))
    })
    .await?;
    let shown: Vec<&str> =
        live.stdout.lines().skip_while(|line| !line.starts_with("log ")).map(|line| &line[35..]).collect();
    assert_eq!(
        shown,
        [
            &format!("START RequestId: {REQUEST}"),
            "reading order 4711\\u{1b}[2J",
            "password=[redacted]",
            &format!("END RequestId: {REQUEST}"),
        ]
    );
    let json = world.run(&[&show[..], &["--output", "json"]].concat()).await?.succeeded()?.json()?;
    assert_eq!(json["log_lines"].as_array().map(Vec::len), Some(4), "{json}");
    assert_eq!(json["log_lines"][1]["text"], "reading order 4711\u{1b}[2J");
    assert_eq!((&json["log_group"], &json["log_cut"]), (&json!(GROUP), &json!(false)));

    let key = AttributeValue::S("inc-1".to_owned());
    let ecs = aws.dynamodb.update_item().table_name(TABLE).key("incident_id", key);
    let ecs = ecs.update_expression("SET #source = :ecs").expression_attribute_names("#source", "source");
    ecs.expression_attribute_values(":ecs", AttributeValue::S("ecs".to_owned())).send().await?;
    let other = world.run(&[&show[..], &["--output", "json"]].concat()).await?.succeeded()?.json()?;
    assert_eq!(other["log_error"], "only the logs of Lambda functions can be found, and this is a failure of ecs");
    assert_eq!(other["log_lines"][0]["text"], "a line of the record");
    Ok(())
}

/// The log of two requests and of another stream.
async fn fill(aws: &Aws, now: Timestamp) -> TestResult {
    aws.logs.create_log_group().log_group_name(GROUP).send().await?;
    let start = format!("START RequestId: {REQUEST}");
    let end = format!("END RequestId: {REQUEST}");
    let streams = [
        (
            "a-stream",
            vec![
                "START RequestId: other",
                "of another request",
                "END RequestId: other",
                &start,
                "reading order 4711\u{1b}[2J",
                "password=hunter2",
                &end,
            ],
        ),
        ("b-stream", vec!["START RequestId: third", "of another stream"]),
    ];
    for (stream, lines) in streams {
        aws.logs.create_log_stream().log_group_name(GROUP).log_stream_name(stream).send().await?;
        let count = lines.len();
        let events = lines.into_iter().enumerate().map(|(number, line)| {
            let at = now - SignedDuration::from_millis(10 * i64::try_from(count - number).unwrap_or_default());
            InputLogEvent::builder().timestamp(at.as_millisecond()).message(line).build()
        });
        let events = events.collect::<Result<Vec<_>, _>>()?;
        aws.logs
            .put_log_events()
            .log_group_name(GROUP)
            .log_stream_name(stream)
            .set_log_events(Some(events))
            .send()
            .await?;
    }
    Ok(())
}
