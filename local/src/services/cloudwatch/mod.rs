//! CloudWatch: metrics, alarms that are evaluated, dashboards.
//!
//! Timestamps are real. Alarm periods use the scaled clock, so a one-minute alarm can fire within a second.

mod actions;
mod alarm;
mod alarms;
mod dashboards;
mod embedded;
mod evaluation;
mod evaluator;
mod expression;
mod insights;
mod metrics;
mod past;
mod query;
mod series;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::policy::Need;
use crate::{ApiError, Call, Cloud, Input, Output, arn};
use alarm::Alarm;
use dashboards::Dashboard;
pub(crate) use embedded::embedded;
pub(crate) use past::{PastMetric, bring_in};
use series::{Series, Store};
pub(crate) use tags::mark;

/// State of the service.
#[derive(Debug, Default)]
pub struct Cloudwatch {
    state: Mutex<State>,
    /// Wakes the evaluator: new data or a changed alarm.
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    store: Store,
    /// By ARN.
    alarms: BTreeMap<String, Alarm>,
    dashboards: BTreeMap<String, Dashboard>,
    /// Whether the evaluation task runs; it exists only while alarms do.
    evaluating: bool,
}

impl Cloudwatch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// The metric's namespace: `AWS/Lambda`.
    pub namespace: String,
    /// The metric's name: `Errors`.
    pub name: String,
    /// Dimension names and values, in any order.
    pub dimensions: Vec<(String, String)>,
    /// The value.
    pub value: f64,
    /// AWS's unit: `Count`, `Milliseconds`, `None`.
    pub unit: String,
}

/// Records a measurement now: the services' own metrics.
pub fn record(cloud: &Cloud, region: &str, datum: Datum) {
    record_at(cloud, region, datum, cloud.clock.now().as_millisecond());
}

/// Records a measurement of an earlier time, in milliseconds since 1970.
pub fn record_at(cloud: &Cloud, region: &str, datum: Datum, at: i64) {
    let series = Series::new(region, &datum.namespace, &datum.name, datum.dimensions);
    cloud.cloudwatch.state().store.add(series, at, bucket_width(cloud), &series::Sample::one(datum.value, &datum.unit));
    cloud.cloudwatch.wake();
}

impl Cloudwatch {
    /// Wakes the evaluator.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }
}

/// Length of a metric's minute here, in milliseconds.
fn bucket_width(cloud: &Cloud) -> i64 {
    scaled_milliseconds(cloud, 60)
}

fn scaled_milliseconds(cloud: &Cloud, seconds: u64) -> i64 {
    let scaled = cloud.clock.scaled(std::time::Duration::from_secs(seconds));
    i64::try_from(scaled.as_millis()).unwrap_or(i64::MAX).max(10)
}

/// Required permissions. Metrics have no ARN; alarms and dashboards do.
pub fn authorization(call: &Call) -> Vec<Need> {
    let action = format!("cloudwatch:{}", call.operation);
    let alarm = |name: &str| arn::local("cloudwatch", &call.region, &format!("alarm:{name}"));
    let dashboard = |name: &str| arn::local("cloudwatch", "", &format!("dashboard/{name}"));
    let mut resources: Vec<String> = match call.operation.as_str() {
        // Composite alarms need a permission on every resource (API reference, `DescribeAlarms`).
        "DescribeAlarms" if call.input.texts("AlarmTypes").iter().all(|kind| kind == "MetricAlarm") => {
            match call.input.texts("AlarmNames").as_slice() {
                [] => vec![alarm("*")],
                names => names.iter().map(|name| alarm(name)).collect(),
            }
        }
        "PutMetricAlarm" | "SetAlarmState" => call.input.text("AlarmName").map(alarm).into_iter().collect(),
        "DeleteAlarms" | "EnableAlarmActions" | "DisableAlarmActions" => {
            call.input.texts("AlarmNames").iter().map(|name| alarm(name)).collect()
        }
        "PutDashboard" | "GetDashboard" => call.input.text("DashboardName").map(dashboard).into_iter().collect(),
        "DeleteDashboards" => call.input.texts("DashboardNames").iter().map(|name| dashboard(name)).collect(),
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            call.input.text("ResourceARN").map(str::to_owned).into_iter().collect()
        }
        _ => Vec::new(),
    };
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let namespace = call.input.text("Namespace").filter(|_| call.operation == "PutMetricData");
    resources
        .into_iter()
        .map(|resource| {
            let need = Need::new(action.clone(), resource);
            namespace.map_or(need.clone(), |namespace| need.with("cloudwatch:namespace", namespace))
        })
        .collect()
}

/// Handles a call.
///
/// # Errors
/// AWS's validation errors.
pub async fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    match call.operation.as_str() {
        "PutMetricData" => metrics::put(cloud, call),
        "GetMetricStatistics" => metrics::statistics(cloud, call),
        "GetMetricData" => metrics::data(cloud, call).map_err(of_metric_data),
        "ListMetrics" => metrics::list(cloud, call),
        "PutMetricAlarm" => alarms::put(cloud, call),
        "DescribeAlarms" => alarms::describe(cloud, call),
        "DescribeAlarmsForMetric" => alarms::describe_for_metric(cloud, call),
        "DescribeAlarmHistory" => alarms::history(cloud, call),
        "DescribeAlarmContributors" => alarms::contributors(cloud, call),
        "DeleteAlarms" => alarms::delete(cloud, call),
        "SetAlarmState" => alarms::set_state(cloud, call).await,
        "EnableAlarmActions" => alarms::enable_actions(cloud, call, true),
        "DisableAlarmActions" => alarms::enable_actions(cloud, call, false),
        "PutDashboard" => dashboards::put(cloud, call),
        "GetDashboard" => dashboards::get(cloud, call),
        "ListDashboards" => dashboards::list(cloud, call),
        "DeleteDashboards" => dashboards::delete(cloud, call),
        "TagResource" => tags::tag(cloud, call),
        "UntagResource" => tags::untag(cloud, call),
        "ListTagsForResource" => tags::list(cloud, call),
        "DescribeInsightRules" => Ok(Output::structure([("InsightRules", Some(Output::List(Vec::new())))])),
        operation => Err(ApiError::not_implemented("monitoring", operation)),
    }
}

fn missing(name: &str) -> ApiError {
    ApiError::new("MissingParameter", format!("The parameter {name} is required."))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

/// `GetMetricData` declares no error of its parameters: AWS answers `ValidationError`
/// (<https://github.com/elastic/beats/issues/32687>).
fn of_metric_data(error: ApiError) -> ApiError {
    match error.code.as_str() {
        "InvalidParameterValue" | "InvalidParameterCombination" | "MissingParameter" => validation(error.message),
        _ => error,
    }
}

fn required<'a>(input: &'a Input, name: &str) -> Result<&'a str, ApiError> {
    input.text(name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

/// A timestamp in milliseconds, from seconds since 1970 or RFC 3339.
fn instant(input: &Input, name: &str) -> Option<i64> {
    match input.get(name)? {
        serde_json::Value::String(text) => match text.parse::<f64>() {
            Ok(seconds) => Some((seconds * 1000.0) as i64),
            Err(_) => text.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond()),
        },
        number => number.as_f64().map(|seconds| (seconds * 1000.0) as i64),
    }
}

fn timestamp(milliseconds: i64) -> Output {
    Output::Timestamp(milliseconds as f64 / 1000.0)
}

/// `2019-10-02T17:04:40.985+0000`, the format of alarm events.
fn event_time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map(|time| format!("{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000")))
        .unwrap_or_default()
}

/// Parses `[{Name, Value}]`.
fn dimensions(input: &Input) -> Result<Vec<(String, String)>, ApiError> {
    let list = input.structures("Dimensions");
    if list.len() > 30 {
        return Err(invalid("The collection Dimensions must not have a size greater than 30."));
    }
    list.iter().map(|one| Ok((required(one, "Name")?.to_owned(), required(one, "Value")?.to_owned()))).collect()
}
