use std::path::Path;

use incident_model::Cause;

use super::{Scenario, read_all};
use crate::harness::TestResult;

const SCENARIO: &str = r#"
name: code deployed four minutes before
account:
  functions:
    - {name: orders, memory: 512, alias: {live: 41}, snapshot: {at: -1h, code: "v40"}}
history:
  - {at: -4m, call: UpdateFunctionCode, function: orders, code: "v41", by: role/ci}
  - {at: -6h, health: {service: DYNAMODB, code: AWS_DYNAMODB_OPERATIONAL_ISSUE, status: open}}
logs:
  - {function: orders, request: r1, lines: ["START", {repeat: {count: 3, line: "INFO"}}]}
metrics:
  - {function: orders, metric: Errors, from: -4m, to: 0, each: 55}
failures:
  - {at: 0, function: orders, request: r1, error_type: KeyError, error_message: "arn:aws:iam::111122223333:role/x"}
why: the only change
source: composed
expect: {of: orders, cause: [deployment, configuration], says: ["v41"]}
"#;

#[test]
fn a_scenario_is_read() -> TestResult {
    let scenario = Scenario::read("one.yaml", SCENARIO, "000000000000")?;
    assert_eq!(scenario.file, "one");
    assert_eq!(scenario.expect.cause, [Cause::Deployment, Cause::Configuration]);
    let lines: Vec<_> = scenario.logs[0].lines.iter().map(|line| (line.count, line.line.as_str())).collect();
    assert_eq!(lines, [(1, "START"), (3, "INFO")]);
    let message = scenario.failures[0].error_message.as_deref();
    assert_eq!(message, Some("arn:aws:iam::000000000000:role/x"), "it plays in the account of the local AWS");
    assert_eq!(scenario.account.functions[0].alias.as_ref().map(|alias| alias["live"].0.as_str()), Some("41"));
    Ok(())
}

/// Half a scenario proves nothing.
#[test]
fn an_unknown_key_is_refused_wherever_it_is() {
    for (known, unknown) in [
        ("why:", "wy: 1\nwhy:"),
        ("functions:", "tables: []\n  functions:"),
        ("memory: 512", "memroy: 512"),
        ("{at: -1h,", "{at: -1h, sha: x,"),
        ("by: role/ci", "who: role/ci"),
        ("status: open", "state: open"),
        ("code: \"v41\"", "set: {memroy: 1}"),
        ("request: r1, lines", "stream: s, lines"),
        ("{count: 3,", "{count: 3, every: 1s,"),
        ("{repeat:", "{again: 1, repeat:"),
        ("each: 55", "every: 55"),
        ("error_type: KeyError,", "error_type: KeyError, code: 1,"),
        ("says:", "says_not:"),
    ] {
        let yaml = SCENARIO.replacen(known, unknown, 1);
        assert_ne!(yaml, SCENARIO, "{known}");
        let error = Scenario::read("one.yaml", &yaml, "000000000000").err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| format!("{unknown} is read"));
        assert!(error.starts_with("one.yaml: ") && error.contains("unknown field"), "{unknown}: {error}");
    }
}

#[test]
fn a_label_needs_a_reason_and_a_cause_that_exists() {
    for (before, after, problem) in [
        ("why: the only change", "why: ' '", "a label has a reason"),
        ("[deployment, configuration]", "gremlins", "`gremlins` is not a cause"),
        ("[deployment, configuration]", "[]", "may not be empty"),
        ("at: -1h, code", "code", "has to have `at`"),
        ("name: orders, memory", "memory", "a function has a `name`"),
        ("call: UpdateFunctionCode, ", "", "either `call` or `health`"),
        ("function: orders, request: r1, error_type", "request: r1, error_type", "or `event`"),
        ("from: -4m", "from: soon", "`soon` is not a time"),
    ] {
        let error = Scenario::read("one.yaml", &SCENARIO.replacen(before, after, 1), "000000000000").err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(problem), "{problem}: {error}");
    }
}

#[test]
fn the_scenarios_of_the_repository_are_of_all_causes() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let scenarios = read_all(&folder, "000000000000")?;
    assert!(scenarios.len() >= 66, "{}", scenarios.len());
    for cause in Cause::ALL {
        let least = if cause == Cause::Unknown { 12 } else { 6 };
        let count = scenarios.iter().filter(|scenario| scenario.expect.cause.contains(&cause)).count();
        assert!(count >= least, "{count} of {cause:?}");
    }
    Ok(())
}
