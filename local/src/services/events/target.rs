//! Targets: what a rule calls, with which input, and its retry policy.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::group::Group;
use super::rules::limit_exceeded;
use super::state::Events;
use super::transform::{Path, Shape};
use super::validation::{check_name, invalid, page, violated};
use super::{rules, state::Rule};
use crate::{ApiError, Call, Cloud, Input, Output, arn};

const MAX_TARGETS: usize = 5;
/// EventBridge's default retry policy.
const DEFAULT_AGE_SECONDS: u64 = 24 * 3600;
const DEFAULT_ATTEMPTS: u64 = 185;
/// The supported target members; ignoring any other would silently change behaviour.
const MEMBERS: [&str; 9] = [
    "Id",
    "Arn",
    "RoleArn",
    "Input",
    "InputPath",
    "InputTransformer",
    "RetryPolicy",
    "DeadLetterConfig",
    "SqsParameters",
];

#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) shape: Shape,
    /// Maximum event age in seconds.
    pub(super) age_seconds: u64,
    /// Maximum number of retries.
    pub(super) attempts: u64,
    pub(super) dead_letter_arn: Option<String>,
    /// The message group in a queue.
    pub(super) group: Option<Group>,
    /// As given, for listing.
    given: Map<String, Value>,
}

impl Target {
    fn parse(cloud: &Cloud, input: &Input, position: usize) -> Result<Self, ApiError> {
        let field = |name: &str| format!("targets.{position}.member.{name}");
        let id = input.text("Id").unwrap_or_default();
        check_name(id, &field("id"), 64)?;
        let arn = input.text("Arn").unwrap_or_default();
        check_arn(arn)?;
        if let Some(unknown) = input.0.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(ApiError::not_implemented("events", &format!("PutTargets with {unknown}")));
        }
        check_role(cloud, input, arn)?;
        if arn.ends_with(".fifo") && input.get("SqsParameters").is_none() {
            return Err(invalid(format!("Parameter(s) SqsParameters must be specified for target: {id}.")));
        }
        let retry = input.structure("RetryPolicy").unwrap_or_default();
        let within = |name: &str, path: &str, least: i64, most: i64, default: u64| match retry.integer(name) {
            Some(value) if value < least => Err(violated(
                &value.to_string(),
                &field(path),
                &format!("Member must have value greater than or equal to {least}"),
            )),
            Some(value) if value > most => Err(violated(
                &value.to_string(),
                &field(path),
                &format!("Member must have value less than or equal to {most}"),
            )),
            Some(value) => Ok(value.unsigned_abs()),
            None => Ok(default),
        };
        Ok(Self {
            id: id.to_owned(),
            arn: arn.to_owned(),
            shape: shape(input, id)?,
            age_seconds: within(
                "MaximumEventAgeInSeconds",
                "retryPolicy.maximumEventAgeInSeconds",
                60,
                86_400,
                DEFAULT_AGE_SECONDS,
            )?,
            attempts: within("MaximumRetryAttempts", "retryPolicy.maximumRetryAttempts", 0, 185, DEFAULT_ATTEMPTS)?,
            dead_letter_arn: dead_letter_arn(input)?,
            group: group(input, arn, &field("sqsParameters.messageGroupId"))?,
            given: input.0.clone(),
        })
    }
}

#[cfg(test)]
impl Target {
    /// A target for tests of its retry policy.
    pub(super) fn for_retries(attempts: u64, age_seconds: u64) -> Self {
        Self {
            id: String::new(),
            arn: String::new(),
            shape: Shape::Whole,
            age_seconds,
            attempts,
            dead_letter_arn: None,
            group: None,
            given: Map::new(),
        }
    }
}

fn check_arn(text: &str) -> Result<(), ApiError> {
    let parsed = arn::Arn::parse(text).ok_or_else(|| incorrect_arn(text))?;
    let expected = match parsed.service {
        "lambda" => "function:",
        "logs" => "log-group:",
        "events" => "event-bus/",
        "sqs" | "sns" => "",
        service => return Err(ApiError::not_implemented("events", &format!("targets of {service}"))),
    };
    if parsed.region.is_empty() || parsed.account.len() != 12 || !parsed.resource.starts_with(expected) {
        return Err(incorrect_arn(text));
    }
    Ok(())
}

fn incorrect_arn(text: &str) -> ApiError {
    invalid(format!("Parameter {text} is not valid. Reason: Provided Arn is not in correct format."))
}

/// Functions, queues, topics and log groups authorise EventBridge in their resource policies.
fn check_role(cloud: &Cloud, input: &Input, arn: &str) -> Result<(), ApiError> {
    let Some(role_arn) = input.text("RoleArn") else { return Ok(()) };
    if arn::Arn::parse(arn).is_some_and(|arn| arn.service != "events") {
        return Err(invalid(format!("RoleArn is not supported for target {arn}.")));
    }
    rules::check_role(cloud, role_arn)
}

fn shape(input: &Input, id: &str) -> Result<Shape, ApiError> {
    let given = ["Input", "InputPath", "InputTransformer"].iter().filter(|name| input.get(name).is_some()).count();
    if given > 1 {
        return Err(invalid(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )));
    }
    if let Some(text) = input.text("Input") {
        return match serde_json::from_str::<Value>(text) {
            Ok(_) => Ok(Shape::Constant(text.to_owned())),
            Err(error) => Err(invalid(format!("JSON syntax error in input for target {id} : {error}"))),
        };
    }
    if let Some(path) = input.text("InputPath") {
        let parsed = Path::parse(path).ok_or_else(|| invalid(format!("Invalid InputPath for target {id}.")))?;
        return Ok(Shape::Part(parsed));
    }
    match input.structure("InputTransformer") {
        Some(transformer) => transformed(&transformer, id),
        None => Ok(Shape::Whole),
    }
}

fn transformed(transformer: &Input, id: &str) -> Result<Shape, ApiError> {
    let mut paths = BTreeMap::new();
    for (name, value) in transformer.get("InputPathsMap").and_then(Value::as_object).into_iter().flatten() {
        let path = value.as_str().and_then(Path::parse);
        let path = path.ok_or_else(|| invalid(format!("Invalid InputPathsMap for target {id} : [{name}]")))?;
        paths.insert(name.clone(), path);
    }
    let template = transformer.text("InputTemplate").filter(|template| !template.is_empty());
    let template = template.ok_or_else(|| invalid(format!("Invalid InputTemplate for target {id} : [empty]")))?;
    Ok(Shape::Template { paths, template: template.to_owned() })
}

fn dead_letter_arn(input: &Input) -> Result<Option<String>, ApiError> {
    let Some(text) = input.structure("DeadLetterConfig").and_then(|config| config.text("Arn").map(str::to_owned))
    else {
        return Ok(None);
    };
    match arn::Arn::parse(&text) {
        Some(arn) if arn.service == "sqs" && !arn.resource.ends_with(".fifo") => Ok(Some(text)),
        _ => Err(invalid(format!(
            "Parameter DeadLetterConfig.Arn is not valid. Reason: {text} is not the ARN of a standard SQS queue."
        ))),
    }
}

fn group(input: &Input, arn: &str, field: &str) -> Result<Option<Group>, ApiError> {
    let Some(parameters) = input.structure("SqsParameters") else { return Ok(None) };
    if arn::Arn::parse(arn).is_some_and(|arn| arn.service != "sqs") {
        return Err(invalid(format!("SqsParameters is not supported for target {arn}.")));
    }
    parameters.text("MessageGroupId").map(|text| Group::parse(text, field)).transpose()
}

/// Adds targets to a rule, replacing those with the same id.
pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let given = call.input.structures("Targets");
    if given.is_empty() {
        return Err(violated("[]", "targets", "Member must have length greater than or equal to 1"));
    }
    let targets = given
        .iter()
        .enumerate()
        .map(|(index, target)| Target::parse(cloud, target, index + 1))
        .collect::<Result<Vec<_>, _>>()?;
    with_rule(&cloud.events, call, |rule| {
        let mut merged = rule.targets.clone();
        for target in targets {
            match merged.iter_mut().find(|existing| existing.id == target.id) {
                Some(existing) => *existing = target,
                None => merged.push(target),
            }
        }
        if merged.len() > MAX_TARGETS {
            return Err(limit_exceeded());
        }
        rule.targets = merged;
        Ok(no_failed_entries())
    })
}

/// Removes targets by id; missing ones are not an error.
pub(super) fn remove(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let ids = call.input.texts("Ids");
    with_rule(events, call, |rule| {
        rule.targets.retain(|target| !ids.contains(&target.id));
        Ok(no_failed_entries())
    })
}

fn no_failed_entries() -> Output {
    Output::structure([
        ("FailedEntryCount", Some(Output::Integer(0))),
        ("FailedEntries", Some(Output::List(Vec::new()))),
    ])
}

pub(super) fn list(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let targets = with_rule(events, call, |rule| {
        Ok(rule.targets.iter().map(|target| Output::from(Value::Object(target.given.clone()))).collect())
    })?;
    let (targets, next) = page(targets, call)?;
    Ok(Output::structure([("Targets", Some(Output::List(targets))), ("NextToken", next.map(Into::into))]))
}

pub(super) fn list_rules(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let arn = call.input.required_text("TargetArn")?;
    let names = events.with_bus(&call.region, call.input.text("EventBusName"), |bus| {
        let calls_it = |rule: &&Rule| rule.targets.iter().any(|target| target.arn == arn);
        Ok(bus.rules.values().filter(calls_it).map(|rule| Output::from(rule.id.name.as_str())).collect())
    })?;
    let (names, next) = page(names, call)?;
    Ok(Output::structure([("RuleNames", Some(Output::List(names))), ("NextToken", next.map(Into::into))]))
}

fn with_rule<T>(
    events: &Events,
    call: &Call,
    work: impl FnOnce(&mut Rule) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let name = call.input.required_text("Rule")?;
    events.with_bus(&call.region, call.input.text("EventBusName"), |bus| work(bus.rule(name)?))
}
