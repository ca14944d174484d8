//! Effects of an alarm's state change: events on the default bus, messages to topics, function calls.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::services::events::{self, Event};
use crate::services::{lambda, sns};
use crate::{ApiError, Cloud, Input, Principal};

use super::alarm::{Alarm, AlarmState, StateValue};
use super::event_time;

/// A state change and its context.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Alarm { alarm: Box<Alarm>, previous: AlarmState },
    Contributor { alarm: Box<Alarm>, group: Vec<(String, String)>, state: AlarmState },
}

/// Publishes the change's event and runs the new state's actions. Failed actions are recorded in the history.
pub(super) async fn run(cloud: &Cloud, change: Change) {
    match change {
        Change::Contributor { alarm, group, state } => publish(
            cloud,
            &alarm,
            "CloudWatch Alarm Contributor State Change",
            contributor_detail(&alarm, &group, &state),
        ),
        Change::Alarm { alarm, previous } => {
            let mut previous_state = state_detail(&previous, true);
            if alarm.has_contributors() {
                previous_state.as_object_mut().map(|state| state.remove("reasonData"));
            }
            let detail = json!({"alarmName": alarm.name, "state": state_detail(&alarm.state, true),
                "previousState": previous_state, "configuration": configuration(&alarm)});
            publish(cloud, &alarm, "CloudWatch Alarm State Change", detail.clone());
            if alarm.actions_enabled {
                for action in alarm.actions(alarm.state.value) {
                    let outcome = act(cloud, &alarm, &previous, &action, &detail).await;
                    remember(cloud, &alarm, &action, outcome);
                }
            }
        }
    }
}

fn publish(cloud: &Cloud, alarm: &Alarm, kind: &str, detail: Value) {
    let event = Event::now("aws.cloudwatch", kind, vec![alarm.arn.clone()], detail);
    if let Err(error) = events::put_event(cloud, &alarm.region, "default", event) {
        tracing::warn!(alarm = alarm.name, %error, "the alarm's event was refused");
    }
}

async fn act(
    cloud: &Cloud,
    alarm: &Alarm,
    previous: &AlarmState,
    action: &str,
    detail: &Value,
) -> Result<(), ApiError> {
    match action.split(':').nth(2) {
        Some("sns") => {
            let publication = sns::Publication {
                subject: Some(subject(alarm)),
                message: notification(alarm, previous).to_string(),
                attributes: Default::default(),
                principal: Principal::Service("cloudwatch.amazonaws.com".to_owned()),
                source_arn: Some(alarm.arn.clone()),
            };
            sns::publish(cloud, action, publication).await.map(drop)
        }
        Some("lambda") => {
            let payload = json!({"source": "aws.cloudwatch", "alarmArn": alarm.arn, "accountId": crate::config::ACCOUNT,
                "time": event_time(alarm.state.updated), "region": alarm.region, "alarmData": detail});
            let source = lambda::Source {
                service_principal: "lambda.alarms.cloudwatch.amazonaws.com".to_owned(),
                source_arn: alarm.arn.clone(),
            };
            lambda::invoke_async(cloud, action, payload.to_string().into(), source).await.map(drop)
        }
        service => Err(ApiError::not_implemented("monitoring", &format!("alarm action on {}", service.unwrap_or("?")))),
    }
}

fn remember(cloud: &Cloud, alarm: &Alarm, action: &str, outcome: Result<(), ApiError>) {
    let (summary, data) = match &outcome {
        Ok(()) => (format!("Successfully executed action {action}"), json!({"actionState": "Succeeded"})),
        Err(error) => {
            let data = json!({"actionState": "Failed", "notificationResource": action, "error": error.to_string()});
            (format!("Failed to execute action {action}. Received error: \"{}\"", error.message), data)
        }
    };
    if let Some(kept) = cloud.cloudwatch.state().alarms.get_mut(&alarm.arn) {
        kept.remember("Action", summary, data, cloud.clock.now().as_millisecond());
    }
}

fn state_detail(state: &AlarmState, with_data: bool) -> Value {
    let mut detail = json!({"value": state.value.as_str(), "reason": state.reason});
    if let Some(data) = state.reason_data.as_deref().filter(|_| with_data) {
        detail["reasonData"] = data.into();
    }
    detail["timestamp"] = event_time(state.updated).into();
    detail
}

fn contributor_detail(alarm: &Alarm, group: &[(String, String)], state: &AlarmState) -> Value {
    let attributes: serde_json::Map<String, Value> =
        group.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({
        "alarmName": alarm.name,
        "alarmContributor": {"id": contributor_id(group), "attributes": attributes},
        "state": state_detail(state, false),
        "configuration": configuration(alarm),
    })
}

/// Sixteen hexadecimal digits that identify a series.
pub(super) fn contributor_id(group: &[(String, String)]) -> String {
    let text: String = group.iter().map(|(name, value)| format!("{name}={value};")).collect();
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn configuration(alarm: &Alarm) -> Value {
    let input = alarm.input();
    let metrics: Value = match input.structures("Metrics").as_slice() {
        [] => {
            json!([{"id": alarm.queries.first().map(|query| query.id.clone()), "metricStat": metric_stat(&input, &input, "Statistic"), "returnData": true}])
        }
        queries => queries.iter().map(query_detail).collect(),
    };
    let mut configuration = json!({"metrics": metrics});
    if let Some(description) = input.text("AlarmDescription") {
        configuration["description"] = description.into();
    }
    configuration
}

fn query_detail(query: &Input) -> Value {
    let mut detail = json!({"id": query.text("Id")});
    for (member, name) in [("Expression", "expression"), ("Label", "label")] {
        if let Some(text) = query.text(member) {
            detail[name] = text.into();
        }
    }
    if let Some(stat) = query.structure("MetricStat") {
        detail["metricStat"] = metric_stat(&stat.structure("Metric").unwrap_or_default(), &stat, "Stat");
    }
    detail["returnData"] = query.flag("ReturnData").unwrap_or(true).into();
    if let Some(period) = query.integer("Period") {
        detail["period"] = period.into();
    }
    detail
}

fn metric_stat(metric: &Input, stat: &Input, statistic: &str) -> Value {
    let dimensions: serde_json::Map<String, Value> = metric
        .structures("Dimensions")
        .iter()
        .filter_map(|one| Some((one.text("Name")?.to_owned(), one.text("Value")?.into())))
        .collect();
    let mut detail = json!({
        "metric": {"dimensions": dimensions, "name": metric.text("MetricName"), "namespace": metric.text("Namespace")},
        "period": stat.integer("Period"),
        "stat": stat.text(statistic),
    });
    if let Some(unit) = stat.text("Unit") {
        detail["unit"] = unit.into();
    }
    detail
}

/// `ALARM: "name" in US East (N. Virginia)`, cut to SNS's subject limit.
fn subject(alarm: &Alarm) -> String {
    let subject = format!("{}: \"{}\" in {}", alarm.state.value.as_str(), alarm.name, region_name(&alarm.region));
    if subject.chars().count() <= 100 { subject } else { subject.chars().take(97).chain("...".chars()).collect() }
}

/// The message for topics (CloudWatch user guide, "Notifying users on alarm changes").
fn notification(alarm: &Alarm, previous: &AlarmState) -> Value {
    let input = alarm.input();
    json!({
        "AlarmName": alarm.name,
        "AlarmDescription": input.text("AlarmDescription"),
        "AWSAccountId": crate::config::ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": event_time(alarm.configured),
        "NewStateValue": alarm.state.value.as_str(),
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": event_time(alarm.state.updated),
        "Region": region_name(&alarm.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": previous.value.as_str(),
        "OKActions": alarm.actions(StateValue::Ok),
        "AlarmActions": alarm.actions(StateValue::Alarm),
        "InsufficientDataActions": alarm.actions(StateValue::InsufficientData),
        "Trigger": trigger(alarm, &input),
    })
}

fn trigger(alarm: &Alarm, input: &Input) -> Value {
    let lower = |metric: &Input| -> Value {
        let dimension = |one: &Input| json!({"value": one.text("Value"), "name": one.text("Name")});
        metric.structures("Dimensions").iter().map(dimension).collect()
    };
    let mut trigger = json!({
        "Period": alarm.period,
        "EvaluationPeriods": alarm.rule.periods,
        "DatapointsToAlarm": alarm.rule.datapoints,
        "ComparisonOperator": input.text("ComparisonOperator"),
        "Threshold": alarm.rule.threshold,
        "TreatMissingData": input.text("TreatMissingData").unwrap_or("missing"),
        "EvaluateLowSampleCountPercentile": input.text("EvaluateLowSampleCountPercentile").unwrap_or(""),
    });
    let queries = input.structures("Metrics");
    if queries.is_empty() {
        trigger["MetricName"] = input.text("MetricName").into();
        trigger["Namespace"] = input.text("Namespace").into();
        trigger["StatisticType"] = "Statistic".into();
        trigger["Statistic"] = input.text("Statistic").map(str::to_ascii_uppercase).into();
        trigger["Unit"] = input.text("Unit").into();
        trigger["Dimensions"] = lower(input);
        return trigger;
    }
    let entry = |query: &Input| {
        let mut entry = json!({"Id": query.text("Id"), "ReturnData": query.flag("ReturnData").unwrap_or(true)});
        if let Some(expression) = query.text("Expression") {
            entry["Expression"] = expression.into();
        }
        if let Some(label) = query.text("Label") {
            entry["Label"] = label.into();
        }
        if let Some(stat) = query.structure("MetricStat") {
            let metric = stat.structure("Metric").unwrap_or_default();
            entry["MetricStat"] = json!({
                "Metric": {"Dimensions": lower(&metric), "MetricName": metric.text("MetricName"), "Namespace": metric.text("Namespace")},
                "Period": stat.integer("Period"),
                "Stat": stat.text("Stat"),
            });
        }
        entry
    };
    trigger["Metrics"] = queries.iter().map(entry).collect();
    trigger
}

/// A region's console name; its code if unlisted.
fn region_name(region: &str) -> &str {
    match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "ca-central-1" => "Canada (Central)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-north-1" => "EU (Stockholm)",
        "eu-south-1" => "EU (Milan)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-northeast-2" => "Asia Pacific (Seoul)",
        "ap-northeast-3" => "Asia Pacific (Osaka)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        "sa-east-1" => "South America (Sao Paulo)",
        other => other,
    }
}
