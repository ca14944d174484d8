//! Recommendations contain no harmful command: no setting that is not from the event, and no invalid name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::tests::{failure, judged};
use super::*;
use crate::classify;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn advice(event: &Value) -> Result<String, Box<dyn std::error::Error>> {
    Ok(judged(event)?.judgement.ok_or("no incident")?.recommendation)
}

fn timed_out(seconds: &str) -> Value {
    failure(
        &json!({"errorType": "Sandbox.Timedout", "errorMessage": format!("RequestId: r Error: Task timed out after {seconds} seconds")}),
    )
}

#[test]
fn a_timeout_is_raised_from_what_it_is_and_never_lowered() -> Tested {
    for (seconds, raised) in [("3.00", "6"), ("300.00", "600"), ("500.10", "900"), ("899.00", "900")] {
        let advice = advice(&timed_out(seconds))?;
        let command = format!(
            "`aws lambda update-function-configuration --function-name orders --timeout {raised} --region eu-west-1`"
        );
        assert!(advice.contains(&command), "{seconds}: {advice}");
    }
    for seconds in ["900.00", "900.10"] {
        let advice = advice(&timed_out(seconds))?;
        assert!(!advice.contains("--timeout") && advice.contains("the longest Timeout"), "{seconds}: {advice}");
    }
    Ok(())
}

/// The commands in the recommendations of the default rules, as written in the file.
fn commands() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let file: Value = yaml_serde::from_str(DEFAULT_RULES)?;
    let texts = file["rules"].as_array().ok_or("no rules")?.iter().filter_map(|rule| rule["recommendation"].as_str());
    let commands = texts.flat_map(|text| text.split('`').skip(1).step_by(2)).filter(|code| code.contains(' '));
    Ok(commands.filter(|code| !code.contains("Memory")).map(str::to_owned).collect())
}

/// A command that changes something takes no value from the rules file, which knows nothing about the resource: any
/// fixed value is too low for some.
#[test]
fn no_command_of_the_rules_sets_a_value_of_their_own() -> Tested {
    let commands = commands()?;
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let is_reading =
            words.iter().any(|word| ["describe-", "get-", "list-"].iter().any(|begin| word.starts_with(begin)));
        let values = words.windows(2).filter(|pair| pair[0].starts_with("--") && !pair[1].starts_with("--"));
        for pair in values.filter(|_| !is_reading) {
            assert!(pair[1].starts_with('{'), "`{command}` sets {} by itself", pair[0]);
        }
        if words[0] == "aws" {
            assert!(command.contains("--region {region}"), "`{command}` works in whatever region is configured");
        }
    }
    Ok(())
}

/// Names that a shell or the AWS CLI would interpret.
const HOSTILE: &[&str] = &[
    "orders; rm -rf ~",
    "orders$(id)",
    "orders`id`",
    "orders && id",
    "orders|sh",
    "orders\nid",
    "orders' --x '",
    "orders\"",
    "--help",
    "-x",
    "file:///etc/passwd",
    "or ders",
    "orders*",
    "~root",
    "orders>x",
    "注文",
];

#[test]
fn an_invalid_name_enters_no_command() -> Tested {
    let rules = Rules::defaults()?;
    let mut met = BTreeSet::new();
    for name in HOSTILE {
        for event in named(name) {
            for judgement in classify(&event, &rules)?.into_iter().filter_map(|one| one.judgement) {
                met.insert(judgement.rule.clone());
                let advice = &judgement.recommendation;
                let commands = advice.split('`').skip(1).step_by(2);
                assert!(!advice.trim().is_empty(), "{event}");
                for command in commands {
                    assert!(!command.contains(name) && !command.contains("id"), "{}: `{command}`", judgement.rule);
                    assert!(
                        command
                            .chars()
                            .all(|character| character.is_ascii_alphanumeric() || " -_.:/=".contains(character)),
                        "{}: `{command}`",
                        judgement.rule
                    );
                }
            }
        }
    }
    assert!(met.len() >= 12, "{met:?}");
    Ok(())
}

/// Failures with this name in every place from which a command takes one.
fn named(name: &str) -> Vec<Value> {
    let function = |payload: Value| {
        json!({
            "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "region": "eu-west-1",
            "resources": [name],
            "detail": {"requestContext": {"requestId": name, "condition": "RetriesExhausted"}, "responsePayload": payload},
        })
    };
    let error = |class: &str, message: &str| function(json!({"errorType": class, "errorMessage": message}));
    let event = |source: &str, kind: &str, detail: Value| json!({"source": source, "detail-type": kind, "region": "eu-west-1", "resources": [name], "detail": detail});
    vec![
        error("Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        error("Runtime.ImportModuleError", "x"),
        error("Runtime.OutOfMemory", "signal: killed"),
        error("AccessDeniedException", "x"),
        error("OSError", "No space left on device"),
        error("ResourceNotFoundException", "x"),
        json!({"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "region": name, "detail": {"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST", "condition": "ZeroReservedConcurrency"}}}),
        event(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            json!({"stack-id": name, "status-details": {"status": "UPDATE_ROLLBACK_FAILED"}}),
        ),
        event(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            json!({"stack-id": name, "status-details": {"status": "DELETE_FAILED"}}),
        ),
        event(
            "aws.autoscaling",
            "EC2 Instance Launch Unsuccessful",
            json!({"AutoScalingGroupName": name, "StatusMessage": "x"}),
        ),
        event(
            "aws.codedeploy",
            "CodeDeploy Deployment State-change Notification",
            json!({"deploymentId": name, "application": name, "state": "FAILURE"}),
        ),
        event(
            "aws.ecs",
            "ECS Service Action",
            json!({"eventType": "ERROR", "eventName": "SERVICE_TASK_PLACEMENT_FAILURE", "clusterArn": name}),
        ),
        event(
            "aws.emr",
            "EMR Cluster State Change",
            json!({"clusterId": name, "name": name, "state": "TERMINATED_WITH_ERRORS"}),
        ),
        event(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            json!({"alarmName": name, "state": {"value": "ALARM", "reason": "x"}, "configuration": {"metrics": [{"metricStat": {"metric": {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": name}}}}]}}),
        ),
    ]
}

fn rule(recommendation: &str) -> Result<Rules, RulesError> {
    Rules::parse(&format!(
        "rules:\n  - name: own\n    severity: LOW\n    summary: s\n    recommendation: {recommendation:?}\n"
    ))
}

#[test]
fn a_command_without_a_value_is_omitted_with_its_sentence() -> Tested {
    let event = json!({"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": {
        "requestContext": {"condition": "RetriesExhausted", "functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST"},
        "responsePayload": {"errorType": "E", "errorMessage": "it said `rm -rf ~`. Really"}}});
    for (recommendation, expected) in [
        ("Look. Run `do {resource}`. Then wait.", "Look. Run `do orders`. Then wait."),
        ("Look. Run `do {attributes.none}`. Then wait.", "Look. Then wait."),
        ("Look. Run `do {attributes.none|all}`. Then wait.", "Look. Run `do all`. Then wait."),
        ("Run `do {resource:3}` now. Wait.", "Wait."),
        ("`do {attributes.none}` helps.", "Look at orders (lambda): the event has no name that is safe in a command."),
        ("It failed: {error_message}.", "It failed: \"it said 'rm -rf ~'. Really\"."),
        ("Is v1.2 there? Then {attributes.none} is missing.", "Is v1.2 there? Then NONE is missing."),
    ] {
        let seen = classify(&event, &rule(recommendation)?)?;
        let judgement = seen.into_iter().find_map(|one| one.judgement).ok_or("no incident")?;
        assert_eq!(judgement.recommendation, expected);
    }
    Ok(())
}

#[test]
fn a_recommendation_that_is_too_long_ends_before_a_command_that_does_not_fit() -> Tested {
    let long = format!("{} Run `do {{resource}}` at last.", "Look. ".repeat(MAX_RECOMMENDATION / 6 - 2));
    let seen = classify(&failure(&json!({"errorType": "E"})), &rule(&long)?)?;
    let judgement = seen.into_iter().find_map(|one| one.judgement).ok_or("no incident")?;
    assert!(judgement.recommendation.ends_with("Look.") && !judgement.recommendation.contains('`'));
    Ok(())
}
