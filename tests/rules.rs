//! `rules`, offline: the sample events and the examples through the rules.

use serde_json::Value;

use crate::harness::{Finished, TestResult, World, repository, samples};

#[tokio::test]
async fn samples_come_out_as_they_are_labelled() -> TestResult {
    let world = World::new()?;
    for sample in samples()? {
        let file = repository("tests/events").join(&sample.file).display().to_string();
        let rows = world.run(&["rules", "test", &file, "--output", "json"]).await?.succeeded()?.json_lines()?;
        let has = |outcome: &str| rows.iter().any(|row| row["outcome"] == outcome);
        match sample.outcome.as_str() {
            "failure" => assert!(has("incident"), "{}: {rows:?}", sample.file),
            "recovery" => assert!(has("recovery") && !has("incident"), "{}: {rows:?}", sample.file),
            "benign" | "suppressed" => assert!(!has("incident"), "{}: {rows:?}", sample.file),
            _ => {}
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_example_rules_decide_as_they_say() -> TestResult {
    let world = World::new()?;
    let rules = example("severity-rules.yaml");
    world.run(&["rules", "check", &rules]).await?.succeeded()?;
    for (event, rule, severity) in
        [("events/orders-timeout.json", "orders", "CRITICAL"), ("events/workflow-failed.json", "nightly-jobs", "LOW")]
    {
        let arguments = ["rules", "test", &example(event), "--rules", &rules, "--output", "json"];
        let row = only_row(&world.run(&arguments).await?.succeeded()?)?;
        assert_eq!((row["rule"].as_str(), row["severity"].as_str()), (Some(rule), Some(severity)), "{row}");
    }
    Ok(())
}

#[tokio::test]
async fn the_example_configuration_is_understood() -> TestResult {
    let world = World::new()?;
    let printed = world.run(&["template", "--config", &example("incidentctl.yaml")]).await?.succeeded()?.stdout;
    for part in ["oncall@example.com", "payments@example.com", "team"] {
        assert!(printed.contains(part), "the template lacks {part}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_event_is_an_error_for_that_file() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("broken.json"), "{\"detail\": ")?;
    let good = example("events/orders-timeout.json");
    let finished = world.run(&["rules", "test", "broken.json", &good, "--output", "json"]).await?.ended_with(1)?;
    let rows = finished.json_lines()?;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0]["error"].is_string() && rows[1]["outcome"] == "incident", "{rows:?}");
    Ok(())
}

fn example(path: &str) -> String {
    repository("examples").join(path).display().to_string()
}

fn only_row(finished: &Finished) -> TestResult<Value> {
    let mut rows = finished.json_lines()?;
    match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(row),
        _ => Err(format!("not one row: {finished:?}").into()),
    }
}
