//! Alarm operations.

use serde_json::json;

use crate::{ApiError, Call, Cloud, Input, Output, arn};

use super::alarm::{Alarm, StateValue};
use super::{actions, dimensions, evaluator, instant, required, timestamp, validation};

pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let now = cloud.clock.now().as_millisecond();
    let mut alarm = Alarm::read(call, now)?;
    {
        let mut state = cloud.cloudwatch.state();
        let existing = state.alarms.remove(&alarm.arn);
        let (verb, kind) = if existing.is_some() { ("updated", "Update") } else { ("created", "Create") };
        if let Some(existing) = existing {
            alarm.state = existing.state;
            alarm.contributors = existing.contributors;
            alarm.history = existing.history;
            // Tags in an update are ignored (API reference, `PutMetricAlarm`).
            alarm.tags = existing.tags;
        }
        let summary = format!("Alarm \"{}\" {verb}", alarm.name);
        alarm.remember("ConfigurationUpdate", summary, json!({"version": "1.0", "type": kind}), now);
        state.alarms.insert(alarm.arn.clone(), alarm);
    }
    evaluator::start(cloud);
    Ok(Output::empty())
}

pub(super) fn describe(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let limit = page_size(input, "MaxRecords", 100)?;
    let names = input.texts("AlarmNames");
    let prefix = input.text("AlarmNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "AlarmNames and AlarmNamePrefix must not be used together.",
        ));
    }
    let types = input.texts("AlarmTypes");
    let state_value = input.text("StateValue");
    let action = input.text("ActionPrefix");
    let after = input.text("NextToken").unwrap_or_default();
    let selected = |alarm: &&Alarm| {
        alarm.region == call.region
            && alarm.name.as_str() > after
            && (names.is_empty() || names.contains(&alarm.name))
            && prefix.is_none_or(|prefix| alarm.name.starts_with(prefix))
            && (types.is_empty() || types.iter().any(|kind| kind == "MetricAlarm"))
            && state_value.is_none_or(|value| alarm.state.value.as_str() == value)
            && action.is_none_or(|prefix| {
                let all = [StateValue::Ok, StateValue::Alarm, StateValue::InsufficientData];
                all.iter().any(|state| alarm.actions(*state).iter().any(|action| action.starts_with(prefix)))
            })
    };
    let state = cloud.cloudwatch.state();
    let mut alarms: Vec<&Alarm> = state.alarms.values().filter(selected).collect();
    let more = alarms.len() > limit;
    alarms.truncate(limit);
    let token = alarms.last().filter(|_| more).map(|alarm| alarm.name.as_str().into());
    Ok(Output::structure([
        ("CompositeAlarms", Some(Output::List(Vec::new()))),
        ("MetricAlarms", Some(Output::List(alarms.into_iter().map(Alarm::output).collect()))),
        ("NextToken", token),
    ]))
}

fn page_size(input: &Input, name: &str, default: usize) -> Result<usize, ApiError> {
    match input.integer(name) {
        None => Ok(default),
        Some(size @ 1..=100) => Ok(size as usize),
        Some(other) => Err(validation(format!(
            "1 validation error detected: Value '{other}' at '{}' failed to satisfy constraint: Member must have value between 1 and 100",
            name.to_lowercase()
        ))),
    }
}

pub(super) fn describe_for_metric(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let (name, namespace) = (required(&call.input, "MetricName")?, required(&call.input, "Namespace")?);
    let mut wanted = dimensions(&call.input)?;
    wanted.sort();
    let state = cloud.cloudwatch.state();
    let watches = |alarm: &&Alarm| {
        let input = alarm.input();
        let mut own = dimensions(&input).unwrap_or_default();
        own.sort();
        alarm.region == call.region
            && input.text("MetricName") == Some(name)
            && input.text("Namespace") == Some(namespace)
            && own == wanted
    };
    let alarms = state.alarms.values().filter(watches).map(Alarm::output).collect();
    Ok(Output::structure([("MetricAlarms", Some(Output::List(alarms)))]))
}

pub(super) fn delete(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let mut state = cloud.cloudwatch.state();
    for name in call.input.texts("AlarmNames") {
        // Missing names are not an error.
        state.alarms.remove(&alarm_arn(call, &name));
    }
    drop(state);
    cloud.cloudwatch.wake();
    Ok(Output::empty())
}

fn alarm_arn(call: &Call, name: &str) -> String {
    arn::local("cloudwatch", &call.region, &format!("alarm:{name}"))
}

fn no_such_alarm() -> ApiError {
    ApiError::new("ResourceNotFound", "Unknown alarm").with_status(404)
}

pub(super) async fn set_state(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let value = required(input, "StateValue")?;
    let value = StateValue::parse(value).ok_or_else(|| {
        validation(format!("1 validation error detected: Value '{value}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"))
    })?;
    let reason = input.text("StateReason").ok_or_else(|| super::missing("StateReason"))?.to_owned();
    let data = input.text("StateReasonData").map(str::to_owned);
    if data.as_deref().is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_err()) {
        return Err(ApiError::new("InvalidFormat", "StateReasonData is not valid JSON."));
    }
    let name = required(input, "AlarmName")?;
    let change = {
        let mut state = cloud.cloudwatch.state();
        let alarm = state.alarms.get_mut(&alarm_arn(call, name)).ok_or_else(no_such_alarm)?;
        evaluator::settle(alarm, value, reason, data, cloud.clock.now().as_millisecond())
    };
    if let Some(change) = change {
        actions::run(cloud, change).await;
    }
    Ok(Output::empty())
}

pub(super) fn enable_actions(cloud: &Cloud, call: &Call, enabled: bool) -> Result<Output, ApiError> {
    let mut state = cloud.cloudwatch.state();
    for name in call.input.texts("AlarmNames") {
        if let Some(alarm) = state.alarms.get_mut(&alarm_arn(call, &name)) {
            alarm.actions_enabled = enabled;
        }
    }
    Ok(Output::empty())
}

pub(super) fn history(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let limit = page_size(&call.input, "MaxRecords", 100)?;
    let skip: usize = call.input.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let name = call.input.text("AlarmName");
    let kind = call.input.text("HistoryItemType");
    let (from, to) = (instant(&call.input, "StartDate"), instant(&call.input, "EndDate"));
    let state = cloud.cloudwatch.state();
    let alarms =
        state.alarms.values().filter(|alarm| alarm.region == call.region && name.is_none_or(|name| alarm.name == name));
    let matches = |item: &&Output| {
        let at = member(item, "Timestamp");
        let at = if let Some(Output::Timestamp(seconds)) = at { (seconds * 1000.0) as i64 } else { 0 };
        from.is_none_or(|from| at >= from)
            && to.is_none_or(|to| at <= to)
            && kind.is_none_or(|kind| member(item, "HistoryItemType") == Some(&Output::from(kind)))
    };
    let items: Vec<Output> = alarms.flat_map(|alarm| &alarm.history).filter(matches).cloned().collect();
    let more = items.len() > skip + limit;
    Ok(Output::structure([
        ("AlarmHistoryItems", Some(Output::List(items.into_iter().skip(skip).take(limit).collect()))),
        ("NextToken", more.then(|| (skip + limit).to_string().into())),
    ]))
}

fn member<'a>(item: &'a Output, name: &str) -> Option<&'a Output> {
    match item {
        Output::Structure(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    }
}

pub(super) fn contributors(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let name = required(&call.input, "AlarmName")?;
    let state = cloud.cloudwatch.state();
    let alarm = state.alarms.get(&alarm_arn(call, name)).ok_or_else(no_such_alarm)?;
    let one = |(group, contributor): (&Vec<(String, String)>, &super::alarm::AlarmState)| {
        Output::structure([
            ("ContributorId", Some(actions::contributor_id(group).into())),
            ("ContributorAttributes", Some(Output::string_map(group.clone()))),
            ("StateReason", Some(contributor.reason.as_str().into())),
            ("StateTransitionedTimestamp", Some(timestamp(contributor.transitioned))),
        ])
    };
    let list = alarm.contributors.iter().map(one).collect();
    Ok(Output::structure([("AlarmContributors", Some(Output::List(list)))]))
}
