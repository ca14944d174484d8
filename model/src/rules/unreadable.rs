//! Problems reported for unreadable rules files.

use super::check::tests::problems_of;
use super::{Level, Rules, check};

const RIGHT: &str = "rules:
  - name: only
    pattern: {source: [rds]}
    severity: LOW
    summary: s
    recommendation: r
";

#[test]
fn anything_but_a_list_of_rules_is_one_problem() {
    let keys = "name, pattern, severity, summary, recommendation, runbook, escalate";
    let list = "write `rules:` and under it a list of rules";
    for (yaml, expected) in [
        ("", format!("1:1: error: the file is empty; {list}")),
        ("- a\n", format!("1:1: error: the file is a list; {list}")),
        ("source: lambda\ndetail: {}\n", format!("1:1: error: `rules` is missing; {list}")),
        ("rules:\n", format!("1:1: error: `rules` is empty; {list}")),
        ("rules: []\n", format!("1:8: error: `rules` is an empty list; {list}")),
        ("rules: {}\n", format!("1:8: error: `rules` is a map; {list}")),
        ("rules:\n  - a\n", format!("2:5: error: a rule is a text; write a map of {keys}")),
        (
            "rules:\n  - [\n",
            "3:1: error: invalid YAML: did not find expected node content, while parsing a flow node".to_owned(),
        ),
        (
            "rules:\n\t- a\n",
            "2:1: error: invalid YAML: found character that cannot start any token, while scanning for the \
             next token; this line starts with a tab, but YAML is indented with spaces"
                .to_owned(),
        ),
        (
            "rules: !Sub x\n",
            "1:8: error: invalid YAML: rules: a tag, such as `!Sub`, means nothing in a rules file".to_owned(),
        ),
    ] {
        assert_eq!(problems_of(yaml), [expected], "{yaml}");
        assert!(Rules::parse(yaml).is_err(), "{yaml}");
    }
}

#[test]
fn each_mistake_in_a_rule_has_its_position_and_a_correction() {
    for (replaced, by, expected) in [
        (
            "severity: LOW",
            "severity: SEVERE",
            "4:15: `SEVERE` is not a severity; write one of CRITICAL, HIGH, MEDIUM, LOW",
        ),
        ("severity: LOW", "severity: [LOW]", "4:15: `severity` is a list; write a string"),
        ("severity: LOW", "severity:", "4:5: `severity` is empty; write one of CRITICAL, HIGH, MEDIUM, LOW"),
        ("    severity: LOW\n", "", "2:5: `severity` is missing; write one of CRITICAL, HIGH, MEDIUM, LOW"),
        ("severity: LOW", "sevrity: LOW", "4:5: `sevrity` is not a key of a rule; did you mean severity?"),
        (
            "severity: LOW",
            "severity: LOW\n    severity: HIGH",
            "5:5: `severity` is a duplicate, first in line 4; keep one",
        ),
        ("summary: s", "summary: '{eror:80}'", "5:14: summary: `{eror}` is not a placeholder; did you mean error?"),
        (
            "summary: s",
            "summary: '{error:x}'",
            "5:14: summary: `x` is not a length limit; write a number of characters, such as {error:80}",
        ),
        (
            "summary: s",
            "summary: '{error'",
            "5:14: summary: a `{` is not closed; braces enclose a placeholder, such as {resource}",
        ),
        (
            "{source: [rds]}",
            "rds",
            "3:14: pattern: Filter is not an object; write a map of fields, such as {source: [lambda]}",
        ),
        ("[rds]", "rds", "3:23: pattern.source: \"source\" must be an object or an array; write [\"rds\"]"),
        (
            "[rds]",
            "{prefix: rds}",
            "3:32: pattern.source.prefix: \"prefix\" must be an object or an array; tests must be in a list: write \
             [{prefix: \"rds\"}]",
        ),
        ("[rds]", "[{prefx: rds}]", "3:24: pattern.source: Unrecognized match type prefx; did you mean prefix?"),
        ("[rds]", "[rds], source: [ecs]", "3:30: `source` is a duplicate, first in line 3; keep one"),
        (
            "summary: s",
            "escalate: 3\n    summary: s",
            "5:15: `escalate` is a number; write a map of occurrences, severity",
        ),
        (
            "summary: s",
            "escalate: {severity: HIGH, occurrences: often}\n    summary: s",
            "5:45: `occurrences` is not a count; write a number of failures, such as 10",
        ),
    ] {
        let yaml = RIGHT.replacen(replaced, by, 1);
        let problems: Vec<String> =
            problems_of(&yaml).iter().map(|problems| problems.replacen("error: rule `only`: ", "", 1)).collect();
        assert_eq!(problems, [expected], "{yaml}");
        assert!(Rules::parse(&yaml).is_err(), "{yaml}");
    }
}

#[test]
fn a_mistake_hides_no_other() {
    let yaml = "rules:
  - name: first
    patern: {source: lambda, error_type: [{wildcard: '**'}]}
    sevrity: HIHG
    summary: '{eror} {'
  - no map
  - {name: second, severity: LOW, summary: s, recommendation: r, colour: red}
  - {name: third, pattern: {source: [rds]}, severity: LOW, summary: s, recommendation: '{attributes.exitcode}'}
  - {name: second, pattern: {source: [rds]}, severity: LOW, summary: s, recommendation: r}
";
    insta::assert_snapshot!(problems_of(yaml).join("\n"), @r#"
    2:5: error: rule `first`: `recommendation` is missing; write what to do about it
    3:5: error: rule `first`: `patern` is not a key of a rule; did you mean pattern?
    3:22: error: rule `first`: pattern.source: "source" must be an object or an array; write ["lambda"]
    3:43: error: rule `first`: pattern.error_type: Consecutive wildcard characters at pos 1
    4:5: error: rule `first`: `sevrity` is not a key of a rule; did you mean severity?
    4:14: error: rule `first`: `HIHG` is not a severity; write one of CRITICAL, HIGH, MEDIUM, LOW
    5:14: error: rule `first`: summary: `{eror}` is not a placeholder; did you mean error?
    5:14: error: rule `first`: summary: a `{` is not closed; braces enclose a placeholder, such as {resource}
    6:5: error: a rule is a text; write a map of name, pattern, severity, summary, recommendation, runbook, escalate
    7:66: error: rule `second`: `colour` is not a key of a rule; allowed are name, pattern, severity, summary, recommendation, runbook, escalate
    8:88: warning: rule `third`: its recommendation names attributes.exitcode, which no event has; did you mean exit_code?
    9:5: error: rule `second`: it never wins: rule `third` in line 8 matches everything that this rule matches; put this rule before it
    9:12: error: rule `second`: duplicate rule name `second`, first in line 7; incidents name the rule that won, so names must be unique
    "#);
    // Using the file reports the same problems.
    let refusal = Rules::parse(yaml).map(|_| ()).map_err(|error| error.problems);
    assert_eq!(refusal, Err(check(yaml).problems));
}

#[test]
fn parts_without_effect_are_reported_and_the_file_is_usable() {
    let idle = "escalate: {occurrences: 5, severity: LOW}";
    for (replaced, by, expected) in [
        (
            "{source: [rds]}",
            "",
            "3:5: warning: rule `only`: `pattern` is empty, so the rule matches everything; remove it if that is \
             intended",
        ),
        (
            "recommendation: r",
            &format!("recommendation: r\n    {idle}"),
            "7:15: warning: rule `only`: it escalates to LOW, which is not worse than LOW",
        ),
        (
            "recommendation: r",
            "recommendation: '{attributes.exitcode}'",
            "6:21: warning: rule `only`: its recommendation names attributes.exitcode, which no event has; did you mean \
             exit_code?",
        ),
    ] {
        let yaml = RIGHT.replacen(replaced, by, 1);
        assert_eq!(problems_of(&yaml), [expected], "{yaml}");
        assert!(check(&yaml).problems.iter().all(|problem| problem.level == Level::Warning), "{yaml}");
        assert!(Rules::parse(&yaml).is_ok(), "{yaml}");
    }
}

#[test]
fn ways_to_write_the_same_file_are_understood() {
    let json = r#"{"rules": [{"name": "only", "severity": "low", "summary": "s", "recommendation": "r"}]}"#;
    let numbers = "rules:\n  - {name: 404, severity: LOW, summary: true, recommendation: 5, runbook: ~}\n";
    for yaml in [json, numbers, RIGHT, &RIGHT.replace('\n', "\r\n"), &format!("\u{feff}{RIGHT}")] {
        assert_eq!(problems_of(yaml), Vec::<String>::new(), "{yaml}");
        assert!(Rules::parse(yaml).is_ok_and(|rules| rules.len() == 1), "{yaml}");
    }
}
