//! CloudWatch, as far as the watch over the functions needs it.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, DimensionFilter, Metric, MetricDataQuery, MetricDataResult, MetricStat, StateValue,
};
use incident_model::{FunctionMetric, alarms};

use super::plan::{MOST_SERIES, Points};
use super::watch::Window;

const NAMESPACE: &str = "AWS/Lambda";
const FUNCTION_NAME: &str = "FunctionName";
/// Metrics that a query processes at most; counting further changes no cost.
const MOST_METRICS: u64 = 10_000;

/// A metric that is named: its name, and a function unless it is that of all together.
pub(crate) type Named<'a> = (&'a str, Option<&'a str>);

/// Reads what CloudWatch knows of all functions.
pub(crate) trait Metrics {
    /// The metrics whose alarm is on.
    fn alarming(&self) -> impl Future<Output = Result<Vec<FunctionMetric>, MetricsError>>;

    /// The number of functions that a query reads.
    fn functions(&self) -> impl Future<Output = Result<u64, MetricsError>>;

    /// Failures by function, of the 500 with the most. Costs as much as all functions.
    fn by_function(
        &self,
        metric: FunctionMetric,
        without: &[&str],
        window: Window,
    ) -> impl Future<Output = Result<BTreeMap<String, Points>, MetricsError>>;

    /// The values of metrics, in their order; at most 500. Costs as much as there are.
    fn values(&self, of: &[Named<'_>], window: Window) -> impl Future<Output = Result<Vec<Points>, MetricsError>>;
}

/// Why the functions' metrics could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CloudWatch cannot be asked which functions fail: {call}: {code}: {message}")]
pub struct MetricsError {
    call: &'static str,
    code: String,
    message: String,
}

fn refused<E: ProvideErrorMetadata, R>(call: &'static str) -> impl Fn(SdkError<E, R>) -> MetricsError {
    move |error| MetricsError {
        call,
        code: error.code().unwrap_or(crate::store::kind(&error)).to_owned(),
        message: error.message().unwrap_or("no answer").to_owned(),
    }
}

/// CloudWatch itself.
#[derive(Debug, Clone)]
pub(crate) struct CloudWatch {
    client: Client,
    stack: String,
}

impl CloudWatch {
    /// The stack's alarms, and the metrics of the account and region.
    pub(crate) fn new(client: Client, stack: String) -> Self {
        Self { client, stack }
    }

    async fn data(&self, queries: Vec<MetricDataQuery>, window: Window) -> Result<Vec<MetricDataResult>, MetricsError> {
        let mut results: Vec<MetricDataResult> = Vec::new();
        let call = self
            .client
            .get_metric_data()
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(window.from))
            .end_time(DateTime::from_secs(window.to));
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(refused("cloudwatch:GetMetricData"))?;
            results.extend(page.metric_data_results.unwrap_or_default());
        }
        Ok(results)
    }
}

#[cfg(test)]
impl MetricsError {
    /// What CloudWatch answers to too many calls.
    pub(super) fn throttled() -> Self {
        Self { call: "cloudwatch:GetMetricData", code: "Throttling".to_owned(), message: "Rate exceeded".to_owned() }
    }
}

impl Metrics for CloudWatch {
    async fn alarming(&self) -> Result<Vec<FunctionMetric>, MetricsError> {
        let name = |metric| alarms::of_functions(&self.stack, metric);
        let names = FunctionMetric::ALL.map(name).to_vec();
        let call = self.client.describe_alarms().set_alarm_names(Some(names)).alarm_types(AlarmType::MetricAlarm);
        let answer = call.send().await.map_err(refused("cloudwatch:DescribeAlarms"))?;
        let is_on = |metric: &FunctionMetric| {
            let mut alarms = answer.metric_alarms().iter();
            alarms.any(|alarm| {
                alarm.state_value() == Some(&StateValue::Alarm) && alarm.alarm_name() == Some(name(*metric).as_str())
            })
        };
        Ok(FunctionMetric::ALL.into_iter().filter(is_on).collect())
    }

    async fn functions(&self) -> Result<u64, MetricsError> {
        let named = DimensionFilter::builder().name(FUNCTION_NAME).build();
        let call = self.client.list_metrics().namespace(NAMESPACE).metric_name(FunctionMetric::Errors.name());
        let mut pages = call.dimensions(named).into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(refused("cloudwatch:ListMetrics"))?;
            // Those of versions and aliases have a second dimension, and no query reads them.
            count += page.metrics().iter().filter(|metric| metric.dimensions().len() == 1).count() as u64;
            if count >= MOST_METRICS {
                return Ok(MOST_METRICS);
            }
        }
        Ok(count)
    }

    async fn by_function(
        &self,
        metric: FunctionMetric,
        without: &[&str],
        window: Window,
    ) -> Result<BTreeMap<String, Points>, MetricsError> {
        let others: Vec<String> = without.iter().map(|name| format!("{FUNCTION_NAME} != '{name}'")).collect();
        let query = format!(
            "SELECT SUM({}) FROM SCHEMA(\"{NAMESPACE}\", {FUNCTION_NAME}) WHERE {} GROUP BY {FUNCTION_NAME} \
             ORDER BY SUM() DESC LIMIT {MOST_SERIES}",
            metric.name(),
            others.join(" AND "),
        );
        let query = MetricDataQuery::builder().id("failures").expression(query).period(window.period as i32).build();
        let mut found: BTreeMap<String, Points> = BTreeMap::new();
        for result in self.data(vec![query], window).await? {
            found.entry(result.label().unwrap_or_default().to_owned()).or_default().extend(points(&result));
        }
        Ok(found)
    }

    async fn values(&self, of: &[Named<'_>], window: Window) -> Result<Vec<Points>, MetricsError> {
        let query = |(index, (metric, function)): (usize, &Named<'_>)| {
            let dimension = |name: &str| Dimension::builder().name(FUNCTION_NAME).value(name).build();
            let metric = Metric::builder()
                .namespace(NAMESPACE)
                .metric_name(*metric)
                .set_dimensions(function.map(|name| vec![dimension(name)]))
                .build();
            let stat = MetricStat::builder().metric(metric).period(window.period as i32).stat("Sum").build();
            MetricDataQuery::builder().id(format!("m{index}")).metric_stat(stat).build()
        };
        let mut values = vec![Points::new(); of.len()];
        for result in self.data(of.iter().enumerate().map(query).collect(), window).await? {
            let index = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
            if let Some(value) = index.and_then(|index| values.get_mut(index)) {
                value.extend(points(&result));
            }
        }
        Ok(values)
    }
}

fn points(result: &MetricDataResult) -> impl Iterator<Item = (i64, f64)> {
    result.timestamps().iter().map(DateTime::secs).zip(result.values().iter().copied())
}
