//! The evaluation task: exists while alarms do, sleeps between periods, wakes on data.

use std::time::Duration;

use serde_json::json;

use crate::Cloud;

use super::actions::{self, Change};
use super::alarm::{Alarm, AlarmState, StateValue};
use super::evaluation::Verdict;
use super::query::{Line, Source};
use super::series::{Sample, Series};
use super::{bucket_width, scaled_milliseconds};

/// Debounce: evaluates a burst of data once.
const SETTLE: Duration = Duration::from_millis(50);

/// Starts the task unless it is running.
pub(super) fn start(cloud: &Cloud) {
    let mut state = cloud.cloudwatch.state();
    if !state.evaluating {
        state.evaluating = true;
        tokio::spawn(run(cloud.clone()));
    }
    drop(state);
    cloud.cloudwatch.wake();
}

async fn run(cloud: Cloud) {
    while let Some(seconds) = shortest_period(&cloud) {
        let pause = Duration::from_millis(scaled_milliseconds(&cloud, seconds).unsigned_abs());
        if tokio::time::timeout(pause, cloud.cloudwatch.changed.notified()).await.is_ok() {
            tokio::time::sleep(SETTLE).await;
        }
        for change in evaluate(&cloud) {
            actions::run(&cloud, change).await;
        }
    }
}

/// Seconds until the next evaluation, at most a minute; `None` ends the task after the last alarm.
fn shortest_period(cloud: &Cloud) -> Option<u64> {
    let mut state = cloud.cloudwatch.state();
    let shortest = state.alarms.values().map(|alarm| alarm.period.min(60)).min();
    state.evaluating = shortest.is_some();
    shortest
}

/// Evaluates every alarm once and returns the state changes.
pub(super) fn evaluate(cloud: &Cloud) -> Vec<Change> {
    sample_queues(cloud);
    let now = cloud.clock.now().as_millisecond();
    let mut guard = cloud.cloudwatch.state();
    let state = &mut *guard;
    let mut changes = Vec::new();
    for alarm in state.alarms.values_mut() {
        let Some(query) = alarm.watched() else { continue };
        let window = alarm.rule.window(now, scaled_milliseconds(cloud, alarm.period));
        let Ok(lines) = query.lines(&alarm.queries, &state.store, &window) else { continue };
        let statistic = match &query.source {
            Source::Metric(stat) => Some(stat.statistic.clone()),
            _ => None,
        };
        let judge = |alarm: &Alarm, line: &Line, from| {
            alarm.rule.judge(&window, &line.points, now, statistic.as_deref(), alarm.period, from)
        };
        if alarm.has_contributors() {
            let verdicts = lines
                .into_iter()
                .filter_map(|line| {
                    let from = alarm.contributors.get(&line.group).map_or(StateValue::Ok, |state| state.value);
                    judge(alarm, &line, from).map(|verdict| (line.group, verdict))
                })
                .collect();
            changes.extend(judge_contributors(alarm, verdicts, now));
            continue;
        }
        let empty = Line { group: Vec::new(), points: Default::default() };
        let line = lines.into_iter().next().unwrap_or(empty);
        if let Some(verdict) = judge(alarm, &line, alarm.state.value) {
            changes.extend(settle(alarm, verdict.value, verdict.reason, Some(verdict.reason_data), now));
        }
    }
    changes
}

/// Sets an alarm's state; returns the change, if it is one.
pub(super) fn settle(
    alarm: &mut Alarm,
    value: StateValue,
    reason: String,
    reason_data: Option<String>,
    now: i64,
) -> Option<Change> {
    if alarm.state.value == value {
        return None;
    }
    let state = AlarmState { value, reason, reason_data, updated: now, transitioned: now };
    let previous = std::mem::replace(&mut alarm.state, state);
    let summary = format!("Alarm updated from {} to {}", previous.value.as_str(), value.as_str());
    let data = json!({"version": "1.0", "oldState": {"stateValue": previous.value.as_str(), "stateReason": previous.reason},
        "newState": {"stateValue": value.as_str(), "stateReason": alarm.state.reason}});
    alarm.remember("StateUpdate", summary, data, now);
    Some(Change::Alarm { alarm: Box::new(alarm.clone()), previous })
}

type Group = Vec<(String, String)>;

fn judge_contributors(alarm: &mut Alarm, verdicts: Vec<(Group, Verdict)>, now: i64) -> Vec<Change> {
    let mut changes = Vec::new();
    let total = verdicts.len();
    let alarming = verdicts.iter().filter(|(_, verdict)| verdict.value == StateValue::Alarm).count();
    for (group, verdict) in verdicts {
        let before = alarm.contributors.get(&group).map_or(StateValue::Ok, |state| state.value);
        let value = if verdict.value == StateValue::Alarm { StateValue::Alarm } else { StateValue::Ok };
        if before == value {
            continue;
        }
        let reason = alarm.rule.contributor_reason(&verdict);
        let state = AlarmState { value, reason, reason_data: None, updated: now, transitioned: now };
        match value {
            StateValue::Alarm => alarm.contributors.insert(group.clone(), state.clone()),
            _ => alarm.contributors.remove(&group),
        };
        changes.push(Change::Contributor { alarm: Box::new(alarm.clone()), group, state });
    }
    let value = if alarming > 0 { StateValue::Alarm } else { StateValue::Ok };
    let named = if alarming > 0 { alarming } else { total };
    let reason = format!("{named} out of {total} time series evaluated to {}", value.as_str());
    changes.extend(settle(alarm, value, reason, None, now));
    changes
}

/// Reads the depth of queues with alarms, as AWS does each minute.
pub(super) fn sample_queues(cloud: &Cloud) {
    let watched: Vec<Series> = {
        let state = cloud.cloudwatch.state();
        let queries = state.alarms.values().flat_map(|alarm| &alarm.queries);
        queries
            .filter_map(|query| match &query.source {
                Source::Metric(stat) if stat.series.namespace == "AWS/SQS" => Some(stat.series.clone()),
                _ => None,
            })
            .collect()
    };
    for series in watched {
        sample_queue(cloud, series);
    }
}

/// Records a queue's current depth in its metric.
pub(super) fn sample_queue(cloud: &Cloud, series: Series) {
    let depth = series
        .dimension("QueueName")
        .and_then(|queue| crate::services::sqs::metric(cloud, &series.region, queue, &series.name));
    if let Some(depth) = depth {
        let now = cloud.clock.now().as_millisecond();
        let unit = if series.name.starts_with("ApproximateAgeOf") { "Seconds" } else { "Count" };
        cloud.cloudwatch.state().store.set(series, now, bucket_width(cloud), Sample::one(depth, unit));
    }
}
