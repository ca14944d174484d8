//! Rule operations.

use incident_model::{Pattern, PatternError};
use indexmap::IndexMap;
use serde_json::Value;

use super::schedule::{self, Schedule};
use super::state::{Bus, DEFAULT_BUS, Events, Rule, RuleId};
use super::validation::{add_tags, check_name, invalid, page, tags_of, violated};
use crate::services::iam;
use crate::{ApiError, Call, Cloud, Output, arn};

/// Pattern length limit in characters: AWS's default quota, and its API's maximum.
const PATTERN_QUOTA: usize = 2048;
const MAX_PATTERN: usize = 4096;
/// Nesting limit of patterns. AWS documents none; no AWS event has half as many levels.
const MAX_PATTERN_DEPTH: usize = 50;
const MAX_RULES: usize = 300;
const STATES: [&str; 3] = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];

/// Creates or replaces a rule, keeping its targets and tags.
pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let name = input.required_text("Name")?;
    check_name(name, "name", 64)?;
    let pattern = input.text("EventPattern").filter(|text| !text.is_empty()).map(parse_pattern).transpose()?;
    let schedule = input.text("ScheduleExpression").filter(|text| !text.is_empty()).map(parse_schedule).transpose()?;
    if pattern.is_none() && schedule.is_none() {
        return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    let state = input.text("State").unwrap_or("ENABLED");
    if !STATES.contains(&state) {
        return Err(violated(state, "state", &format!("Member must satisfy enum value set: [{}]", STATES.join(", "))));
    }
    let role_arn = input.text("RoleArn");
    if let Some(role_arn) = role_arn {
        check_role(cloud, role_arn)?;
    }
    let tags = tags_of(input)?;
    let version = cloud.events.next_version();
    let id = cloud.events.with_bus(&call.region, input.text("EventBusName"), |bus| {
        if schedule.is_some() && bus.name != DEFAULT_BUS {
            return Err(invalid("ScheduleExpression is supported only on the default event bus."));
        }
        if bus.rules.len() >= MAX_RULES && !bus.rules.contains_key(name) {
            return Err(limit_exceeded());
        }
        let (tags, targets) = match bus.rules.remove(name) {
            Some(replaced) => (replaced.tags, replaced.targets),
            None => (tags, Vec::new()),
        };
        let id = RuleId::new(&call.region, &bus.name, name);
        let rule = Rule {
            id: id.clone(),
            pattern,
            schedule,
            state: state.to_owned(),
            description: input.text("Description").map(str::to_owned),
            role_arn: role_arn.map(str::to_owned),
            tags,
            targets,
            version,
        };
        bus.rules.insert(name.to_owned(), rule);
        Ok(id)
    })?;
    schedule::start(cloud, &id);
    Ok(Output::structure([("RuleArn", Some(id.arn.into()))]))
}

/// Validates and compiles a pattern.
///
/// # Errors
/// `InvalidEventPatternException` with EventBridge's reason.
pub(super) fn parse_pattern(text: &str) -> Result<(String, Pattern), ApiError> {
    let length = text.chars().count();
    if length > MAX_PATTERN {
        let constraint = format!("Member must have length less than or equal to {MAX_PATTERN}");
        return Err(violated(text, "eventPattern", &constraint));
    }
    if length > PATTERN_QUOTA {
        let message = format!("The event pattern has {length} characters; the quota is {PATTERN_QUOTA}.");
        return Err(ApiError::new("LimitExceededException", message));
    }
    if serde_json::from_str(text).is_ok_and(|pattern: Value| depth(&pattern) > MAX_PATTERN_DEPTH) {
        let message = "Event pattern is not valid. Reason: Event pattern is nested too deeply";
        return Err(ApiError::new("InvalidEventPatternException", message));
    }
    let refused = |error: PatternError| {
        let message = format!("Event pattern is not valid. Reason: {}", error.reason());
        ApiError::new("InvalidEventPatternException", message)
    };
    let pattern = Pattern::parse(text).map_err(refused)?;
    pattern.check_complexity().map_err(refused)?;
    Ok((text.to_owned(), pattern))
}

/// Nesting depth of objects and lists; the JSON parser's limit is 128.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn parse_schedule(text: &str) -> Result<(String, Schedule), ApiError> {
    let schedule = Schedule::parse(text).ok_or_else(|| invalid("Parameter ScheduleExpression is not valid."))?;
    Ok((text.to_owned(), schedule))
}

pub(super) fn check_role(cloud: &Cloud, role_arn: &str) -> Result<(), ApiError> {
    iam::can_be_assumed(cloud, role_arn, "events.amazonaws.com").map_err(|_| {
        invalid(format!("Provided role '{role_arn}' cannot be assumed by principal 'events.amazonaws.com'."))
    })
}

pub(super) fn limit_exceeded() -> ApiError {
    ApiError::new("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

pub(super) fn describe(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("Name")?;
    on_bus(events, call, |bus| {
        let mut members = described(bus.rule(name)?);
        members.push(("CreatedBy".to_owned(), crate::config::ACCOUNT.into()));
        Ok(Output::Structure(members))
    })
}

/// What `DescribeRule` and `ListRules` both answer.
fn described(rule: &Rule) -> Vec<(String, Output)> {
    let text = |value: &str| Some(Output::from(value));
    let members = [
        ("Name", text(&rule.id.name)),
        ("Arn", text(&rule.id.arn)),
        ("EventPattern", rule.pattern.as_ref().map(|(pattern, _)| pattern.as_str().into())),
        ("ScheduleExpression", rule.schedule.as_ref().map(|(schedule, _)| schedule.as_str().into())),
        ("State", text(&rule.state)),
        ("Description", rule.description.as_deref().map(Into::into)),
        ("RoleArn", rule.role_arn.as_deref().map(Into::into)),
        ("EventBusName", text(&rule.id.bus)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

pub(super) fn list(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let prefix = call.input.text("NamePrefix").unwrap_or_default();
    let rules = on_bus(events, call, |bus| {
        let rules = bus.rules.values().filter(|rule| rule.id.name.starts_with(prefix));
        Ok(rules.map(|rule| Output::Structure(described(rule))).collect())
    })?;
    let (rules, next) = page(rules, call)?;
    Ok(Output::structure([("Rules", Some(Output::List(rules))), ("NextToken", next.map(Into::into))]))
}

pub(super) fn set_state(cloud: &Cloud, call: &Call, state: &str) -> Result<Output, ApiError> {
    let name = call.input.required_text("Name")?;
    let version = cloud.events.next_version();
    let id = on_bus(&cloud.events, call, |bus| {
        let rule = bus.rule(name)?;
        state.clone_into(&mut rule.state);
        rule.version = version;
        Ok(rule.id.clone())
    })?;
    schedule::start(cloud, &id);
    Ok(Output::empty())
}

/// Deletes a rule; deleting a missing one succeeds, one with targets fails.
pub(super) fn delete(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let name = call.input.required_text("Name")?;
    on_bus(events, call, |bus| {
        if bus.rules.get(name).is_some_and(|rule| !rule.targets.is_empty()) {
            return Err(invalid("Rule can't be deleted since it has targets."));
        }
        bus.rules.remove(name);
        Ok(Output::empty())
    })
}

fn on_bus<T>(events: &Events, call: &Call, work: impl FnOnce(&mut Bus) -> Result<T, ApiError>) -> Result<T, ApiError> {
    events.with_bus(&call.region, call.input.text("EventBusName"), work)
}

pub(super) fn list_tags(events: &Events, call: &Call) -> Result<Output, ApiError> {
    with_tags(events, call, |tags| {
        let tag = |(key, value): (&String, &String)| {
            Output::structure([("Key", Some(key.as_str().into())), ("Value", Some(value.as_str().into()))])
        };
        Output::structure([("Tags", Some(Output::List(tags.iter().map(tag).collect())))])
    })
}

pub(super) fn tag(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let added = tags_of(&call.input)?;
    with_tags(events, call, |tags| add_tags(tags, added))?.map(|()| Output::empty())
}

pub(super) fn untag(events: &Events, call: &Call) -> Result<Output, ApiError> {
    let removed = call.input.texts("TagKeys");
    with_tags(events, call, |tags| {
        tags.retain(|key, _| !removed.contains(key));
        Output::empty()
    })
}

/// Tags of rules and buses, found by ARN.
fn with_tags<T>(
    events: &Events,
    call: &Call,
    work: impl FnOnce(&mut IndexMap<String, String>) -> T,
) -> Result<T, ApiError> {
    let resource_arn = call.input.required_text("ResourceARN")?;
    let arn = arn::Arn::parse(resource_arn).filter(|arn| arn.service == "events");
    let arn = arn.ok_or_else(|| {
        invalid(format!("Parameter {resource_arn} is not valid. Reason: Provided Arn is not in correct format."))
    })?;
    let parts: Vec<&str> = arn.resource.split('/').collect();
    match parts[..] {
        ["rule", name] => events.with_bus(arn.region, None, |bus| Ok(work(&mut bus.rule(name)?.tags))),
        ["rule", bus, name] => events.with_bus(arn.region, Some(bus), |bus| Ok(work(&mut bus.rule(name)?.tags))),
        ["event-bus", bus] => events.with_bus(arn.region, Some(bus), |bus| Ok(work(&mut bus.tags))),
        _ => Err(ApiError::not_implemented("events", &format!("tags of {}", arn.resource))),
    }
}

/// Adds AWS's own reserved tags.
pub(crate) fn mark(cloud: &Cloud, region: &str, rule: &str, tags: [(String, String); 3]) {
    let _ = cloud.events.with_bus(region, None, |bus| {
        bus.rule(rule)?.tags.extend(tags);
        Ok(())
    });
}
