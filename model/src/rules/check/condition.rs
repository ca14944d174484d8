//! Conditions that no normalised event meets.

use serde_json::Value;

use crate::Pattern;
use crate::pattern::operator::Operator;
use crate::pattern::place::{Step, dotted};
use crate::rules::analysed;
use crate::rules::document::Node;
use crate::rules::findings::Finding;
use crate::rules::pattern::{key, part};
use crate::rules::problem::Level;
use crate::rules::read::Part;
use crate::rules::similar::similar;

/// The string fields of a normalised event.
const TEXTS: &[&str] = &["source", "detail_type", "resource", "account", "region", "error_type", "error_message"];
/// All of its fields. Only an incident that was analysed has the last one.
const FIELDS: &[&str] = &[
    "source",
    "detail_type",
    "resource",
    "account",
    "region",
    "error_type",
    "error_message",
    "drill",
    "attributes",
    "analysis",
];
/// The attributes that the adapters set. A test reads their code.
pub(super) const ATTRIBUTES: &[&str] = &[
    "access_key",
    "action",
    "alarm",
    "alarm_rule",
    "alarm_tags",
    "alias",
    "aspect",
    "attempts",
    "caller",
    "calls",
    "category",
    "check",
    "cluster",
    "code",
    "condition",
    "container",
    "count",
    "description",
    "ended_as",
    "event",
    "event_arn",
    "event_type",
    "executed_version",
    "execution",
    "execution_arn",
    "exit_code",
    "expression",
    "failed",
    "function",
    "function_arn",
    "functions",
    "host",
    "instance",
    "job",
    "kind",
    "lambda_errors",
    "log",
    "log_group",
    "log_stream",
    "logical_resource_id",
    "metric",
    "namespace",
    "product",
    "queue",
    "raised_timeout",
    "service",
    "severity",
    "stage",
    "status",
    "status_code",
    "stop_code",
    "stream",
    "target",
    "task_definition_arn",
    "task_id",
    "timeout_seconds",
    "told",
    "vault",
];

pub(super) fn problems(pattern: &Part<'_, Pattern>) -> Vec<Finding> {
    let Part { node, value } = pattern;
    let mut findings: Vec<Finding> =
        value.conditions().into_iter().flat_map(|(way, operators)| of_field(node, &way, operators)).collect();
    findings.extend(value.overridden().map(|path| {
        Finding::error(
            node.place,
            format!("{path} is tested twice, of which only the last counts; write its tests once"),
        )
    }));
    findings
}

fn of_field(pattern: &Node, way: &[Step], operators: &[Operator]) -> Vec<Finding> {
    let path = dotted(way);
    if let Some(unknown) = unknown_field(&path) {
        // An unknown field is always absent, as expected.
        let level = if operators.contains(&Operator::Absent) { Level::Warning } else { Level::Error };
        return vec![Finding { place: key(pattern, way), level, message: unknown }];
    }
    let reasons: Vec<(usize, String)> = operators
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at, format!("{path} is never {one}: {}", impossible(&path, one)?))))
        .collect();
    let level = if reasons.len() == operators.len() { Level::Error } else { Level::Warning };
    let place = |at| part(pattern, &[way, &[Step::Element(at)]].concat()).place;
    reasons.into_iter().map(|(at, message)| Finding { place: place(at), level, message }).collect()
}

/// Whether an adapter sets an attribute; tags have any name.
pub(super) fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name) || name.strip_prefix("alarm_tags.").is_some_and(|tag| !tag.is_empty())
}

fn unknown_field(path: &str) -> Option<String> {
    match path.split_once('.') {
        None if path == "attributes" => {
            Some("attributes is not a value: write `attributes: {NAME: [VALUE]}`".to_owned())
        }
        None if path == "analysis" => Some("analysis is not a value: write `analysis: {cause: [VALUE]}`".to_owned()),
        Some(("analysis", name)) if analysed::FIELDS.contains(&name) => None,
        Some(("analysis", name)) => {
            Some(format!("analysis.{name} is not a field of an analysis{}", similar(name, analysed::FIELDS)))
        }
        None if FIELDS.contains(&path) => None,
        Some(("attributes", "alarm_tags")) => {
            Some("attributes.alarm_tags holds the tags: write `alarm_tags: {KEY: [VALUE]}`".to_owned())
        }
        Some(("attributes", name)) if is_attribute(name) => None,
        Some(("attributes", name)) => {
            Some(format!("attributes.{name} is not an attribute of any event{}", similar(name, ATTRIBUTES)))
        }
        Some((parent, _)) if FIELDS.contains(&parent) => {
            Some(format!("{parent} has no fields: write `{parent}: [VALUE]`"))
        }
        _ => Some(format!("{path} is not a field of the normalised event{}", advice(path))),
    }
}

/// Advice for a misspelt field, or for one that only exists before normalisation.
fn advice(path: &str) -> String {
    let known = match path {
        "detail-type" | "detailType" => "detail_type",
        path if path == "detail" || path.starts_with("detail.") => "error_type, error_message or attributes",
        "severity" => "attributes.severity",
        "message" | "errorMessage" => "error_message",
        "type" | "errorType" => "error_type",
        "accountId" => "account",
        path => return similar(path, FIELDS),
    };
    format!("; write {known}")
}

/// Why no event can have this value in this field.
fn impossible(path: &str, operator: &Operator) -> Option<String> {
    let value = match operator {
        Operator::Equals(value) => value,
        Operator::Numeric(_) if TEXTS.contains(&path) => return Some("the field is a string".to_owned()),
        Operator::Prefix(text) if path == "source" && text.starts_with("aws.") => {
            return Some(format!("the normalised source has no `aws.`; write {}", without_aws(text)));
        }
        _ => return None,
    };
    match (path, value) {
        (path, value) if path.starts_with("analysis.") => analysed::impossible(path, value),
        ("drill", Value::Bool(_)) => None,
        ("drill", _) => Some("it is true or false, without quotes".to_owned()),
        (path, Value::String(text)) => impossible_text(path, text),
        (path, value) if TEXTS.contains(&path) => Some(format!("the field is a string; write \"{value}\" in quotes")),
        ("attributes.timeout_seconds", _) => Some("it is a string, such as \"3.00\"".to_owned()),
        _ => None,
    }
}

fn impossible_text(path: &str, text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    match path {
        "source" if lower.starts_with("aws.") => {
            Some(format!("the normalised source has no `aws.`; write {}", without_aws(&lower)))
        }
        "source" if lower != text && SERVICES.contains(&lower.as_str()) => {
            Some(format!("AWS service names are lower case; write {lower}"))
        }
        "source" if text.contains(".amazonaws.com") => {
            Some("it is the service's short name, such as lambda".to_owned())
        }
        "region" if lower != text => Some(format!("regions are lower case; write {lower}")),
        "account" if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some("an account is twelve digits".to_owned())
        }
        "attributes.lambda_errors" => Some("it is true; write it without quotes".to_owned()),
        _ => None,
    }
}

fn without_aws(source: &str) -> &str {
    source.strip_prefix("aws.").unwrap_or(source)
}

/// Names of services with known events.
const SERVICES: &[&str] = &[
    "autoscaling",
    "backup",
    "batch",
    "cloudformation",
    "cloudwatch",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "dms",
    "ec2",
    "ecr",
    "ecs",
    "emr",
    "events",
    "glue",
    "guardduty",
    "health",
    "inspector2",
    "lambda",
    "lambda-metrics",
    "logs",
    "macie",
    "rds",
    "sagemaker",
    "scheduler",
    "securityhub",
    "sns",
    "sqs",
    "ssm",
    "states",
    "synthetics",
];
