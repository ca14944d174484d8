//! Compares the policy with what IAM supports: an action on an unsupported resource type passes IAM's editor and is
//! denied by the service.

use std::collections::BTreeMap;

use incident_deploy::template::Place;
use incident_model::analysis::AnalysisPolicy;
use incidentctl::deployer::{DeployerPolicy, boundary};
use incidentctl::settings::Settings;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::harness::{TestResult, repository};

/// Actions that support resources but are granted on all: they list by prefix, which IAM does not know.
const LISTING: [&str; 1] = ["cloudwatch:DescribeAlarms"];

/// The facts of `tests/deployer/authorization.json`.
#[derive(Debug, Deserialize)]
struct Facts {
    /// The ARN pattern of each resource type.
    types: BTreeMap<String, String>,
    /// The resource types of each action; none where it supports only `*`.
    actions: BTreeMap<String, Vec<String>>,
}

#[test]
fn every_action_names_supported_resource_types() -> TestResult {
    let facts: Facts =
        serde_json::from_str(&std::fs::read_to_string(repository("tests/deployer/authorization.json"))?)?;
    let place = Place::new("devops", "123456789012", "eu-west-1", None);
    let mut wrong = Vec::new();
    for statement in DeployerPolicy::recorded()?.document(&place, None)?.statements() {
        for action in &statement.action {
            for resource in &statement.resource {
                if !takes(&facts, action, resource)? {
                    wrong.push(format!("{action} on {resource}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "IAM does not know these: {wrong:#?}");
    Ok(())
}

/// With every kind of evidence switched on.
#[test]
fn every_action_of_the_roles_names_supported_resource_types() -> TestResult {
    let facts: Facts =
        serde_json::from_str(&std::fs::read_to_string(repository("tests/deployer/authorization.json"))?)?;
    let place = Place::new("devops", "123456789012", "eu-west-1", None);
    let analysis = AnalysisPolicy { who: true, ..AnalysisPolicy::default() };
    let document = boundary::document(&place, &Settings { analysis, ..Settings::default() }.parameters())?;
    let (mut checked, mut wrong) = (0, Vec::new());
    for statement in document["Statement"].as_array().ok_or("no statements")? {
        for action in texts(&statement["Action"]) {
            for resource in texts(&statement["Resource"]) {
                checked += 1;
                if !takes(&facts, action, resource)? {
                    wrong.push(format!("{action} on {resource}"));
                }
            }
        }
    }
    assert!(checked > 30, "{checked}");
    assert!(wrong.is_empty(), "IAM does not know these: {wrong:#?}");
    Ok(())
}

/// One text, or several.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        text => text.as_str().into_iter().collect(),
    }
}

#[test]
fn an_unsupported_resource_type_is_detected() -> TestResult {
    let facts: Facts =
        serde_json::from_str(&std::fs::read_to_string(repository("tests/deployer/authorization.json"))?)?;
    for (action, resource, expected) in [
        ("logs:DescribeLogGroups", "*", true),
        ("logs:DescribeLogGroups", "arn:aws:logs:eu-west-1:123456789012:log-group:*", false),
        ("cloudformation:DeleteChangeSet", "arn:aws:cloudformation:eu-west-1:123456789012:stack/devops/*", true),
        ("cloudformation:DeleteChangeSet", "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/x/*", false),
        ("sqs:CreateQueue", "*", false),
        ("s3:PutObject", "arn:aws:s3:::bucket/devops/*", true),
        ("s3:PutObject", "arn:aws:s3:::bucket", false),
        ("ecs:DescribeTaskDefinition", "*", true),
        ("ecs:DescribeTaskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/x:1", false),
        ("states:GetExecutionHistory", "arn:aws:states:eu-west-1:123456789012:execution:*", true),
        ("states:GetExecutionHistory", "arn:aws:states:eu-west-1:123456789012:stateMachine:*", false),
        ("cloudtrail:LookupEvents", "*", true),
        ("logs:GetLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:*", true),
    ] {
        assert_eq!(takes(&facts, action, resource)?, expected, "{action} on {resource}");
    }
    Ok(())
}

/// Whether an action supports resources like this.
fn takes(facts: &Facts, action: &str, resource: &str) -> TestResult<bool> {
    let types = facts.actions.get(action).ok_or_else(|| format!("add {action} to the facts"))?;
    if resource == "*" {
        return Ok(types.is_empty() || LISTING.contains(&action));
    }
    let service = action.split(':').next().unwrap_or_default();
    for name in types {
        let shape = facts.types.get(&format!("{service}:{name}")).ok_or_else(|| format!("no ARN of {name}"))?;
        let start = resource.strip_suffix('*').filter(|start| start.ends_with(':'));
        if shaped(shape)?.is_match(resource) || start.is_some_and(|start| begins(shape, start)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A regex for ARNs of one shape. The last variable may span several segments, because names contain slashes.
fn shaped(shape: &str) -> TestResult<Regex> {
    let variable = Regex::new(r"\$\{[A-Za-z]+\}")?;
    let parts: Vec<String> = variable.split(shape).map(regex::escape).collect();
    let (last, before) = parts.split_last().ok_or("no shape")?;
    let (name, before) = before.split_last().ok_or("no variable")?;
    let before: String = before.iter().map(|part| format!("{part}[^:/]*")).collect();
    Ok(Regex::new(&format!("^{before}{name}.+{last}$"))?)
}

/// Whether ARNs of one shape can begin like this. What a wildcard stands for may contain colons.
fn begins(shape: &str, start: &str) -> bool {
    let (shape, start): (Vec<&str>, Vec<&str>) = (shape.split(':').collect(), start.split(':').collect());
    let is_variable = |part: &&str| part.starts_with("${");
    // The last part of the start is what precedes the wildcard: nothing.
    let known = start.len() - 1;
    shape.len() > known && shape.iter().zip(&start[..known]).all(|(part, found)| is_variable(part) || part == found)
}
