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
async fn expectations_are_compared_and_what_differs_is_shown() -> TestResult {
    let world = World::new()?;
    let (rules, expectations) = (example("severity-rules.yaml"), example("expectations.yaml"));
    let met = world.run(&["rules", "test", "--rules", &rules, "--expect", &expectations]).await?.succeeded()?;
    assert_eq!(met.stdout.trim(), "2 expectations met, 0 not");
    // Without the team's rules the program's own decide.
    let missed = world.run(&["rules", "test", "--expect", &expectations]).await?.ended_with(1)?;
    for part in [
        "orders-timeout.json: not as expected",
        "expected \"orders\"",
        "actual   \"lambda-timeout\"",
        "0 expectations met, 2 not",
    ] {
        assert!(missed.stdout.contains(part), "{part} is not in {}", missed.stdout);
    }
    let rows = world
        .run(&["rules", "test", "--expect", &expectations, "--output", "json"])
        .await?
        .ended_with(1)?
        .json_lines()?;
    let differences = rows[0]["differences"].as_array().ok_or("no differences")?;
    assert!(differences.iter().any(|one| one["field"] == "rule" && one["actual"] == "lambda-timeout"), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn expectations_about_nothing_are_an_error() -> TestResult {
    let world = World::new()?;
    for (text, part) in [
        ("- file: absent.json\n  outcome: incident\n", "absent.json"),
        ("- file: a.json\n  colour: red\n", "colour"),
        ("- outcome: incident\n", "file"),
    ] {
        std::fs::write(world.home().join("expectations.yaml"), text)?;
        let finished = world.run(&["rules", "test", "--expect", "expectations.yaml"]).await?.ended_with(1)?;
        assert!(finished.stderr.contains(part), "{text}: {}", finished.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn the_rule_that_won_is_explained() -> TestResult {
    let world = World::new()?;
    let event = example("events/orders-timeout.json");
    let shown = world.run(&["rules", "test", &event, "--explain"]).await?.succeeded()?.stdout;
    for part in ["(rule lambda-timeout)", "not lambda-init-failure: ", "error_type is \"Sandbox.Timedout\", wanted is"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let row = only_row(&world.run(&["rules", "test", &event, "--explain", "--output", "json"]).await?.succeeded()?)?;
    assert_eq!(row["passed_over"][0]["rule"], "message", "{row}");
    Ok(())
}

#[tokio::test]
async fn rules_without_effect_are_found_with_their_lines() -> TestResult {
    let world = World::new()?;
    let rule = |name: &str, pattern: &str| {
        format!("  - name: {name}\n    pattern: {pattern}\n    severity: LOW\n    summary: s\n    recommendation: r\n")
    };
    let rules =
        [rule("first", "{source: [lambda]}"), rule("late", "{source: [lambda]}"), rule("typo", "{eror_type: [x]}")];
    std::fs::write(world.home().join("rules.yaml"), format!("rules:\n{}", rules.concat()))?;
    let finished = world.run(&["rules", "check", "rules.yaml"]).await?.ended_with(1)?;
    for part in [
        "rules.yaml:7: error: rule `late`: it never wins",
        "rules.yaml:12: error: rule `typo`",
        "did you mean error_type?",
    ] {
        assert!(finished.stdout.contains(part), "{part} is not in {}", finished.stdout);
    }
    let report = world.run(&["rules", "check", "--output", "json"]).await?.succeeded()?.json()?;
    assert_eq!((&report["ok"], &report["problems"]), (&Value::Bool(true), &serde_json::json!([])));
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
