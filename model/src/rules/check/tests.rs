use std::path::Path;

use super::condition::ATTRIBUTES;
use crate::rules::{DEFAULT_RULES, Position, Problem, check};

fn rule(name: &str, pattern: &str) -> String {
    format!("  - name: {name}\n    pattern: {pattern}\n    severity: LOW\n    summary: s\n    recommendation: r\n")
}

/// The problems of rules with these patterns, the first in line 2 and each five lines later.
fn problems(patterns: &[&str]) -> Vec<String> {
    let rules: String = patterns.iter().enumerate().map(|(at, pattern)| rule(&format!("r{at}"), pattern)).collect();
    problems_of(&format!("rules:\n{rules}"))
}

pub(in crate::rules) fn problems_of(yaml: &str) -> Vec<String> {
    let problems = |problem: Problem| match problem.position {
        Some(Position { line, column }) => format!("{line}:{column}: {problem}"),
        None => problem.to_string(),
    };
    check(yaml).problems.into_iter().map(problems).collect()
}

#[test]
fn the_rules_that_come_with_the_program_have_no_problem() {
    assert_eq!(problems_of(DEFAULT_RULES), Vec::<String>::new());
}

#[test]
fn rules_that_can_never_win_are_found() {
    let by = |line: usize| {
        let why = "rule `r0` in line 2 matches everything that this rule matches; put this rule before it";
        format!("{line}:5: error: rule `r1`: it never wins: {why}")
    };
    for (first, second, is_unreachable) in [
        ("{source: [lambda]}", "{source: [lambda], error_type: [x]}", true),
        ("{source: [lambda, ecs]}", "{source: [ecs]}", true),
        ("{source: [ecs]}", "{source: [lambda, ecs]}", false),
        ("{source: [{prefix: la}]}", "{source: [lambda]}", true),
        ("{error_type: [{wildcard: '*Timeout*'}]}", "{error_type: [{prefix: ReadTimeout}]}", true),
        ("{error_type: [{wildcard: '*a*b*'}]}", "{error_type: [{wildcard: 'xa*yb'}]}", true),
        ("{error_type: [{wildcard: '*a*b*'}]}", "{error_type: [{wildcard: 'xb*ya'}]}", false),
        ("{error_type: [{exists: true}]}", "{error_type: [{suffix: x}]}", true),
        (
            "{attributes: {severity: [{numeric: ['>=', 4]}]}}",
            "{attributes: {severity: [{numeric: ['>', 7, '<', 9]}]}}",
            true,
        ),
        (
            "{attributes: {severity: [{numeric: ['>', 8]}]}}",
            "{attributes: {severity: [{numeric: ['>', 7, '<', 9]}]}}",
            false,
        ),
        ("{error_type: [{anything-but: [a]}]}", "{error_type: [b]}", true),
        ("{error_type: [{anything-but: [a]}]}", "{error_type: [{anything-but: [a, b]}]}", true),
        ("{$or: [{source: [a]}, {error_type: [x]}]}", "{source: [a], region: [y]}", true),
        ("{source: [a]}", "{$or: [{source: [a]}, {source: [a], region: [y]}]}", true),
        ("{source: [a]}", "{$or: [{source: [a]}, {region: [y]}]}", false),
        ("{source: [a], region: [x]}", "{source: [a]}", false),
        ("{error_type: [{exists: false}]}", "{error_type: [x]}", false),
        ("{attributes: {job: [{exists: false}]}}", "{source: [a], attributes: {job: [{exists: false}]}}", true),
        // An element of an array may lack what another has.
        ("{attributes: {job: [{exists: false}]}}", "{attributes: {code: [a], job: [{exists: false}]}}", false),
        ("{attributes.job: [a]}", "{attributes: {job: [a]}, source: [b]}", true),
    ] {
        let expected = if is_unreachable { vec![by(7)] } else { vec![] };
        let own: Vec<String> =
            problems(&[first, second]).into_iter().filter(|problems| problems.contains("never wins")).collect();
        assert_eq!(own, expected, "{first} before {second}");
    }
}

#[test]
fn a_rule_without_a_pattern_hides_the_rest() {
    let all = "  - name: all\n    severity: LOW\n    summary: s\n    recommendation: r\n";
    let problems = problems_of(&format!("rules:\n{all}{}", rule("late", "{source: [lambda]}")));
    let why = "rule `all` in line 2 has no pattern, so it matches everything; put this rule before it";
    assert_eq!(problems, [format!("6:5: error: rule `late`: it never wins: {why}")]);
}

#[test]
fn conditions_that_no_event_meets_are_found() {
    for (pattern, at, expected) in [
        (
            "{eror_type: [x]}",
            "eror_type",
            "error: rule `r0`: eror_type is not a field of the normalised event; did you mean error_type?",
        ),
        (
            "{detail: {state: [x]}}",
            "state",
            "error: rule `r0`: detail.state is not a field of the normalised event; write error_type, error_message \
             or attributes",
        ),
        (
            "{detail-type: [x]}",
            "detail-type",
            "error: rule `r0`: detail-type is not a field of the normalised event; write detail_type",
        ),
        (
            "{attributes: {exitcode: [1]}}",
            "exitcode",
            "error: rule `r0`: attributes.exitcode is not an attribute of any event; did you mean exit_code?",
        ),
        (
            "{attributes: [x]}",
            "attributes",
            "error: rule `r0`: attributes is not a value: write `attributes: {NAME: [VALUE]}`",
        ),
        ("{source: {x: [y]}}", "x", "error: rule `r0`: source has no fields: write `source: [VALUE]`"),
        (
            "{source: [aws.lambda]}",
            "aws.lambda",
            "error: rule `r0`: source is never \"aws.lambda\": the normalised source has no `aws.`; write lambda",
        ),
        (
            "{source: [lambda, aws.ecs]}",
            "aws.ecs",
            "warning: rule `r0`: source is never \"aws.ecs\": the normalised source has no `aws.`; write ecs",
        ),
        (
            "{source: [Lambda]}",
            "Lambda",
            "error: rule `r0`: source is never \"Lambda\": AWS service names are lower case; write lambda",
        ),
        (
            "{account: [111122223333]}",
            "1111",
            "error: rule `r0`: account is never 111122223333: the field is a string; write \"111122223333\" in quotes",
        ),
        (
            "{account: [production]}",
            "production",
            "error: rule `r0`: account is never \"production\": an account is twelve digits",
        ),
        (
            "{region: [EU-WEST-1]}",
            "EU",
            "error: rule `r0`: region is never \"EU-WEST-1\": regions are lower case; write eu-west-1",
        ),
        (
            "{drill: ['true']}",
            "'true'",
            "error: rule `r0`: drill is never \"true\": it is true or false, without quotes",
        ),
        (
            "{error_type: [{numeric: ['>', 1]}]}",
            "{numeric",
            "error: rule `r0`: error_type is never a number > 1: the field is a string",
        ),
        (
            "{eror_type: [{exists: false}]}",
            "eror_type",
            "warning: rule `r0`: eror_type is not a field of the normalised event; did you mean error_type?",
        ),
        (
            "{attributes: {alarm_tags: [critical]}}",
            "alarm_tags",
            "error: rule `r0`: attributes.alarm_tags holds the tags: write `alarm_tags: {KEY: [VALUE]}`",
        ),
        (
            "{source: [lambda], $or: [{source: [ecs]}, {source: [rds], region: [x]}]}",
            "{source: [lambda]",
            "error: rule `r0`: source is tested twice, of which only the last counts; write its tests once",
        ),
    ] {
        let column = pattern.find(at).map_or(0, |index| "    pattern: ".len() + index + 1);
        assert_eq!(problems(&[pattern]), [format!("3:{column}: {expected}")], "{pattern}");
    }
}

#[test]
fn a_tag_of_an_alarm_has_any_name() {
    assert_eq!(problems(&["{attributes: {alarm_tags: {\"incidentctl:severity\": [CRITICAL], team: [x]}}}"]), [""; 0]);
}

#[test]
fn the_list_of_attributes_is_that_of_the_adapters() -> Result<(), Box<dyn std::error::Error>> {
    let mut found = std::collections::BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join("function_metrics.rs")];
    let mut folders = vec![source.join("sources")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    for path in files {
        {
            let code: String = std::fs::read_to_string(&path)?.split_whitespace().collect();
            let names = code.split(".with(\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned));
            found.extend(names);
        }
    }
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ATTRIBUTES);
    Ok(())
}
