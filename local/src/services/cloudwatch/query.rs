//! The queries of alarms and `GetMetricData`: one metric, metric math, or Metrics Insights.

use std::collections::BTreeMap;

use crate::{ApiError, Input};

use super::expression::Expression;
use super::insights::Insights;
use super::series::{Series, Store};
use super::{dimensions, required, validation};

/// Length limit of an expression, in characters (API reference, `MetricDataQuery`).
const MAX_EXPRESSION: usize = 2048;

/// Values by period start; periods without data are absent.
pub(super) type Points = BTreeMap<i64, f64>;

/// The requested periods in milliseconds: starts, oldest first, and length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) starts: Vec<i64>,
    pub(super) period: i64,
}

/// One statistic of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MetricStat {
    pub(super) series: Series,
    pub(super) statistic: String,
    pub(super) unit: Option<String>,
    /// Seconds.
    pub(super) period: u64,
}

impl MetricStat {
    pub(super) fn points(&self, store: &Store, window: &Window) -> Points {
        let unit = self.unit.as_deref();
        let value =
            |start: i64| store.between(&self.series, start, start + window.period, unit)?.statistic(&self.statistic);
        window.starts.iter().filter_map(|start| Some((*start, value(*start)?))).collect()
    }
}

/// What one `Metrics` entry computes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Metric(MetricStat),
    Math(Expression),
    Insights(Insights),
}

/// One entry of `Metrics` or `MetricDataQueries`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) source: Source,
    pub(super) label: Option<String>,
    pub(super) period: Option<u64>,
    pub(super) returned: bool,
}

/// One series: its group (empty without `GROUP BY`) and values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) group: Vec<(String, String)>,
    pub(super) points: Points,
}

impl Query {
    pub(super) fn read(input: &Input, region: &str) -> Result<Self, ApiError> {
        let id = required(input, "Id")?;
        if !id.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(validation(format!(
                "The value {id} for parameter Id is invalid. It must start with a lowercase letter."
            )));
        }
        if input.text("AccountId").is_some_and(|account| account != crate::config::ACCOUNT) {
            return Err(ApiError::not_implemented("monitoring", "cross-account metrics"));
        }
        if input.text("Expression").is_some_and(|text| text.chars().count() > MAX_EXPRESSION) {
            return Err(validation(format!(
                "1 validation error detected: Value at 'expression' failed to satisfy constraint: Member must have length less than or equal to {MAX_EXPRESSION}"
            )));
        }
        let source = match (input.structure("MetricStat"), input.text("Expression")) {
            (Some(stat), None) => Source::Metric(read_stat(&stat, region)?),
            (None, Some(text)) if text.trim_start().to_ascii_uppercase().starts_with("SELECT") => {
                Source::Insights(Insights::parse(text, region)?)
            }
            (None, Some(text)) => Source::Math(Expression::parse(text)?),
            _ => return Err(validation("Exactly one of MetricStat or Expression must be set in each metric query.")),
        };
        Ok(Self {
            id: id.to_owned(),
            source,
            label: input.text("Label").map(str::to_owned),
            period: input.integer("Period").and_then(|period| u64::try_from(period).ok()),
            returned: input.flag("ReturnData").unwrap_or(true),
        })
    }

    /// Period in seconds, 60 by default.
    pub(super) fn seconds(&self, all: &[Query]) -> u64 {
        let own = match &self.source {
            Source::Metric(stat) => Some(stat.period),
            _ => self.period,
        };
        let of_inputs = || {
            all.iter().filter(|query| query.id != self.id).find_map(|query| match &query.source {
                Source::Metric(stat) => Some(stat.period),
                _ => None,
            })
        };
        own.or_else(of_inputs).unwrap_or(60)
    }

    pub(super) fn lines(&self, all: &[Query], store: &Store, window: &Window) -> Result<Vec<Line>, ApiError> {
        let single = |points| vec![Line { group: Vec::new(), points }];
        match &self.source {
            Source::Metric(stat) => Ok(single(stat.points(store, window))),
            Source::Insights(insights) => Ok(insights.lines(store, window)),
            Source::Math(expression) => {
                let mut values = BTreeMap::new();
                for query in all.iter().filter(|query| query.id != self.id) {
                    if let Source::Metric(stat) = &query.source {
                        values.insert(query.id.clone(), stat.points(store, window));
                    }
                }
                Ok(single(expression.evaluate(&values, window)?))
            }
        }
    }
}

fn read_stat(stat: &Input, region: &str) -> Result<MetricStat, ApiError> {
    let metric = stat.structure("Metric").ok_or_else(|| super::missing("Metric"))?;
    let series =
        Series::new(region, required(&metric, "Namespace")?, required(&metric, "MetricName")?, dimensions(&metric)?);
    let period = stat.integer("Period").ok_or_else(|| super::missing("Period"))?;
    Ok(MetricStat {
        series,
        statistic: check_statistic(required(stat, "Stat")?)?,
        unit: checked_unit(stat, "Unit")?.map(str::to_owned),
        period: check_period(period)?,
    })
}

/// The supported statistics. Percentiles would need every sample.
pub(super) fn check_statistic(name: &str) -> Result<String, ApiError> {
    const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
    if STATISTICS.contains(&name) {
        return Ok(name.to_owned());
    }
    let extended = ["p", "tm", "wm", "tc", "ts", "TM(", "PR(", "WM(", "TC(", "TS(", "IQM"];
    if extended.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(ApiError::not_implemented("monitoring", &format!("statistic {name}")));
    }
    Err(validation(format!("The value {name} for parameter Stat is invalid.")))
}

/// Valid periods, in seconds.
pub(super) fn check_period(period: i64) -> Result<u64, ApiError> {
    match u64::try_from(period) {
        Ok(period) if matches!(period, 1 | 5 | 10 | 20 | 30) || (period > 0 && period % 60 == 0) => Ok(period),
        _ => Err(validation("Period must be 10, 20, 30 or a multiple of 60.")),
    }
}

/// The units (API reference, `MetricDatum`).
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// The unit of a metric, if given; `parameter` names it in an error.
///
/// # Errors
/// `InvalidParameterValue` for an unknown one.
pub(super) fn checked_unit<'i>(input: &'i Input, parameter: &str) -> Result<Option<&'i str>, ApiError> {
    match input.text("Unit") {
        Some(unit) if !UNITS.contains(&unit) => Err(super::invalid(format!(
            "The parameter {parameter} must be a value in the set [ {} ].",
            UNITS.join(", ")
        ))),
        unit => Ok(unit),
    }
}
