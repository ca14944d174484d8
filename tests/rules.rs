//! `rules`, offline: the sample events and the examples against the rules.

use serde_json::Value;

use crate::harness::{Finished, TestResult, World, repository, samples};

#[tokio::test]
async fn samples_are_classified_as_labelled() -> TestResult {
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
async fn the_example_rules_decide_as_documented() -> TestResult {
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
async fn expectations_are_compared_and_differences_shown() -> TestResult {
    let world = World::new()?;
    let (rules, expectations) = (example("severity-rules.yaml"), example("expectations.yaml"));
    let met = world.run(&["rules", "test", "--rules", &rules, "--expect", &expectations]).await?.succeeded()?;
    assert_eq!(met.stdout.trim(), "2 expectations met, 0 not");
    // Without the team's rules, the built-in ones apply.
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
        ("", "the list is empty"),
        ("- file: a.json\n", "entry 1 (a.json): it expects nothing"),
        ("- file: a.json\n  outcome: failure\n", "it is one of incident, recovery, ignored"),
        ("- file: a.json\n  outcome: x\n- severity: y\n", "entry 2: `severity` cannot be \"y\""),
    ] {
        std::fs::write(world.home().join("expectations.yaml"), text)?;
        let finished = world.run(&["rules", "test", "--expect", "expectations.yaml"]).await?.ended_with(1)?;
        assert!(finished.stderr.contains(part), "{text}: {}", finished.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn the_winning_rule_is_explained() -> TestResult {
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
async fn ineffective_rules_are_reported_with_their_lines() -> TestResult {
    let world = World::new()?;
    let rule = |name: &str, pattern: &str| {
        format!("  - name: {name}\n    pattern: {pattern}\n    severity: LOW\n    summary: s\n    recommendation: r\n")
    };
    let rules =
        [rule("first", "{source: [lambda]}"), rule("late", "{source: [lambda]}"), rule("typo", "{eror_type: [x]}")];
    std::fs::write(world.home().join("rules.yaml"), format!("rules:\n{}", rules.concat()))?;
    let finished = world.run(&["rules", "check", "rules.yaml"]).await?.ended_with(1)?;
    for part in [
        "rules.yaml:7:5: error: rule `late`: it never wins",
        "rules.yaml:13:15: error: rule `typo`",
        "did you mean error_type?",
    ] {
        assert!(finished.stdout.contains(part), "{part} is not in {}", finished.stdout);
    }
    let report = world.run(&["rules", "check", "--output", "json"]).await?.succeeded()?.json()?;
    assert_eq!((&report["ok"], &report["problems"]), (&Value::Bool(true), &serde_json::json!([])));
    Ok(())
}

/// Five mistakes of five kinds.
const MISTAKEN: &str = "\
rules:
  - name: orders
    pattern:
      source: lambda
    severity: URGENT
    summary: \"{resorce} failed\"
    recommendation: r
  - {name: jobs, pattern: {source: [aws.states]}, severity: LOW, summary: s, recommendation: r, runbok: x}
";

#[tokio::test]
async fn all_mistakes_in_a_file_are_reported_at_once() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("rules.yaml"), MISTAKEN)?;
    let finished = world.run(&["rules", "check", "rules.yaml"]).await?.ended_with(1)?;
    insta::assert_snapshot!(finished.stdout, @r#"
    rules.yaml:4:15: error: rule `orders`: pattern.source: "source" must be an object or an array; write ["lambda"]
    rules.yaml:5:15: error: rule `orders`: `URGENT` is not a severity; write one of CRITICAL, HIGH, MEDIUM, LOW
    rules.yaml:6:14: error: rule `orders`: summary: `{resorce}` is not a placeholder; did you mean resource?
    rules.yaml:8:37: error: rule `jobs`: source is never "aws.states": the normalised source has no `aws.`; write states
    rules.yaml:8:97: error: rule `jobs`: `runbok` is not a key of a rule; did you mean runbook?
    "#);
    assert_eq!(finished.stderr.trim(), "error: rules.yaml: 5 errors");
    let report = world.run(&["rules", "check", "rules.yaml", "--output", "json"]).await?.ended_with(1)?.json()?;
    assert_eq!((&report["ok"], report["problems"].as_array().map(Vec::len)), (&Value::Bool(false), Some(5)));
    let first = serde_json::json!({
        "rule": "orders", "line": 4, "column": 15, "kind": "error",
        "message": "pattern.source: \"source\" must be an object or an array; write [\"lambda\"]",
    });
    assert_eq!(report["problems"][0], first);
    Ok(())
}

#[tokio::test]
async fn rules_with_mistakes_are_not_deployed() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("rules.yaml"), MISTAKEN)?;
    let up = ["up", "--local", "--yes", "--email", "oncall@example.com", "--rules", "rules.yaml"];
    let refused = world.run(&up).await?.ended_with(1)?.stderr;
    for line in [
        "line 4, column 15: ",
        "line 5, column 15: ",
        "line 6, column 14: ",
        "line 8, column 37: ",
        "line 8, column 97: ",
    ] {
        assert!(refused.contains(&format!("caused by: {line}error: rule ")), "{line} is not in {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn events_may_be_json_lines() -> TestResult {
    let world = World::new()?;
    let mut lines = String::new();
    for event in ["events/orders-timeout.json", "events/workflow-failed.json"] {
        let event: Value = serde_json::from_str(&std::fs::read_to_string(example(event))?)?;
        lines += &format!("{event}\n");
    }
    std::fs::write(world.home().join("events.ndjson"), &lines)?;
    let rows = world.run(&["rules", "test", "events.ndjson", "--output", "json"]).await?.succeeded()?.json_lines()?;
    let rules: Vec<&Value> = rows.iter().map(|row| &row["rule"]).collect();
    assert_eq!(rules, ["lambda-timeout", "step-functions"]);
    std::fs::write(world.home().join("cut.ndjson"), lines + "{\"source\":")?;
    let refused = world.run(&["rules", "test", "cut.ndjson"]).await?.ended_with(1)?.stderr;
    assert!(refused.contains("line 3"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn an_unmet_expectation_is_explained() -> TestResult {
    let world = World::new()?;
    let expectations = example("expectations.yaml");
    let shown = world.run(&["rules", "test", "--expect", &expectations, "--explain"]).await?.ended_with(1)?.stdout;
    for part in ["not as expected", "(rule lambda-timeout)", "not lambda-init-failure: "] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    Ok(())
}

#[tokio::test]
async fn the_example_configuration_is_valid() -> TestResult {
    let world = World::new()?;
    let printed = world.run(&["template", "--config", &example("incidentctl.yaml")]).await?.succeeded()?.stdout;
    for part in ["oncall@example.com", "payments@example.com", "team"] {
        assert!(printed.contains(part), "the template lacks {part}");
    }
    Ok(())
}

#[tokio::test]
async fn a_non_event_is_an_error_for_its_file() -> TestResult {
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
