//! Metric operations.

use std::collections::BTreeMap;

use crate::{ApiError, Call, Cloud, Input, Output};

use super::query::{Line, Query, Window, check_period, check_statistic, checked_unit};
use super::series::{Sample, Series};
use super::{bucket_width, dimensions, evaluator, instant, invalid, missing, required, timestamp};

/// Data points one `GetMetricStatistics` call may request.
const POINTS: i64 = 1440;
/// Limits of one `GetMetricData` call: queries, and data points in total.
const MAX_QUERIES: usize = 500;
const POINTS_OF_DATA: i64 = 100_800;
/// Values in one datum.
const MAX_VALUES: usize = 150;
/// The largest value: 2 to the power of 360.
const LARGEST_VALUE: f64 = 2.348_542_582_773_833_3e108;

pub(super) fn put(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let namespace = required(&call.input, "Namespace")?;
    if namespace.starts_with("AWS/") || namespace.starts_with(':') {
        return Err(invalid("The value AWS/ for parameter Namespace is invalid."));
    }
    let data = call.input.structures("MetricData");
    if data.is_empty() {
        return Err(missing("MetricData"));
    }
    if data.len() > 1000 {
        return Err(invalid("The collection MetricData must not have a size greater than 1000."));
    }
    let now = cloud.clock.now().as_millisecond();
    let parsed = data
        .iter()
        .zip(1..)
        .map(|(datum, position)| {
            let name = required(datum, "MetricName")?;
            let series = Series::new(&call.region, namespace, name, dimensions(datum)?);
            let samples = samples(datum, &format!("MetricData.member.{position}"))?;
            Ok((series, instant(datum, "Timestamp").unwrap_or(now), samples))
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    let mut state = cloud.cloudwatch.state();
    for (series, at, samples) in parsed {
        for sample in samples {
            state.store.add(series.clone(), at, bucket_width(cloud), &sample);
        }
    }
    drop(state);
    cloud.cloudwatch.wake();
    Ok(Output::empty())
}

/// The samples of one datum; `at` is its place in the call.
fn samples(datum: &Input, at: &str) -> Result<Vec<Sample>, ApiError> {
    check_combination(datum, at)?;
    let unit = checked_unit(datum, &format!("{at}.Unit"))?.unwrap_or("None");
    let finite = |value: f64| {
        if value.is_finite() && value.abs() <= LARGEST_VALUE {
            Ok(value)
        } else {
            Err(invalid(format!("The value {value} for parameter {at}.Value is invalid.")))
        }
    };
    if let Some(value) = datum.double("Value") {
        return Ok(vec![Sample::one(finite(value)?, unit)]);
    }
    if let Some(set) = datum.structure("StatisticValues") {
        let number = |name: &str| {
            set.double(name).ok_or_else(|| missing(&format!("{at}.StatisticValues.{name}"))).and_then(finite)
        };
        return Ok(vec![Sample {
            count: number("SampleCount")?,
            sum: number("Sum")?,
            minimum: number("Minimum")?,
            maximum: number("Maximum")?,
            unit: unit.to_owned(),
        }]);
    }
    let number = |value: &serde_json::Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let values: Vec<f64> = datum.list("Values").iter().filter_map(number).collect();
    let counts: Vec<f64> = datum.list("Counts").iter().filter_map(number).collect();
    if values.is_empty() {
        return Err(missing(&format!("{at}.Value")));
    }
    if !counts.is_empty() && counts.len() != values.len() {
        return Err(invalid(format!("The parameters {at}.Values and {at}.Counts must be of the same size.")));
    }
    if values.len() > MAX_VALUES {
        return Err(invalid(format!("The collection {at}.Values must not have a size greater than {MAX_VALUES}.")));
    }
    let weighted = values.iter().enumerate().map(|(index, value)| {
        let count = counts.get(index).copied().unwrap_or(1.0);
        Ok(Sample { count, sum: finite(*value)? * count, minimum: *value, maximum: *value, unit: unit.to_owned() })
    });
    weighted.collect()
}

/// A datum has a value, values with counts, or statistics.
fn check_combination(datum: &Input, at: &str) -> Result<(), ApiError> {
    let given: Vec<&str> =
        ["Value", "Values", "StatisticValues"].into_iter().filter(|name| datum.get(name).is_some()).collect();
    let [first, second, ..] = given[..] else { return Ok(()) };
    Err(ApiError::new(
        "InvalidParameterCombination",
        format!("The parameters {at}.{first} and {at}.{second} are mutually exclusive and you have specified both."),
    ))
}

/// The periods within a call's time range.
fn window(input: &Input, start: &str, end: &str, period: u64) -> Result<Window, ApiError> {
    let from = instant(input, start).ok_or_else(|| missing(start))?;
    let to = instant(input, end).ok_or_else(|| missing(end))?;
    if from >= to {
        return Err(invalid(format!("The parameter {start} must be less than the parameter {end}.")));
    }
    let period = i64::try_from(period).unwrap_or(60) * 1000;
    if to.saturating_sub(from) / period > POINTS_OF_DATA {
        return Err(too_many_points());
    }
    let first = from.div_euclid(period) * period;
    let starts = (0..).map(|index| first + index * period).take_while(|start| *start < to).collect();
    Ok(Window { starts, period })
}

/// Data points that a call requests. A start within a period is rounded down, which adds none.
fn requested(input: &Input, period: i64) -> i64 {
    let at = |name: &str| instant(input, name).unwrap_or_default();
    at("EndTime").saturating_sub(at("StartTime")).saturating_add(period - 1).div_euclid(period)
}

fn too_many_points() -> ApiError {
    invalid("You have requested more datapoints than allowed. Reduce the range or increase the period.")
}

pub(super) fn statistics(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let (namespace, name) = (required(input, "Namespace")?, required(input, "MetricName")?);
    let period = check_period(input.integer("Period").ok_or_else(|| missing("Period"))?)?;
    let statistics =
        input.texts("Statistics").iter().map(|name| check_statistic(name)).collect::<Result<Vec<_>, _>>()?;
    if !input.list("ExtendedStatistics").is_empty() {
        return Err(ApiError::not_implemented("monitoring", "extended statistics"));
    }
    if statistics.is_empty() {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    let unit = checked_unit(input, "Unit")?;
    let window = window(input, "StartTime", "EndTime", period)?;
    let requested = requested(input, window.period);
    if requested > POINTS {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            format!(
                "You have requested up to {requested} datapoints, which exceeds the limit of {POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
            ),
        ));
    }
    let series = Series::new(&call.region, namespace, name, dimensions(input)?);
    sample_if_queue(cloud, &series);
    let state = cloud.cloudwatch.state();
    let point = |start: i64, sample: &Sample| {
        let mut members = vec![("Timestamp".to_owned(), timestamp(start))];
        members.extend(statistics.iter().filter_map(|name| Some((name.clone(), sample.statistic(name)?.into()))));
        members.push(("Unit".to_owned(), sample.unit.as_str().into()));
        Output::Structure(members)
    };
    let points_of = |start: &i64| {
        let samples = state.store.by_unit(&series, *start, start + window.period, unit);
        samples.iter().map(|sample| point(*start, sample)).collect::<Vec<_>>()
    };
    let points = window.starts.iter().flat_map(points_of).collect();
    Ok(Output::structure([("Label", Some(name.into())), ("Datapoints", Some(Output::List(points)))]))
}

fn sample_if_queue(cloud: &Cloud, series: &Series) {
    if series.namespace == "AWS/SQS" {
        evaluator::sample_queue(cloud, series.clone());
    }
}

pub(super) fn data(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queries = call
        .input
        .structures("MetricDataQueries")
        .iter()
        .map(|query| Query::read(query, &call.region))
        .collect::<Result<Vec<_>, _>>()?;
    if queries.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if queries.len() > MAX_QUERIES {
        let message = format!("The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.");
        return Err(super::validation(message));
    }
    // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
    if queries.iter().filter(|query| matches!(query.source, super::query::Source::Insights(_))).count() > 1 {
        return Err(super::validation("Only one Metrics Insights query is allowed in a single GetMetricData request."));
    }
    for query in &queries {
        if let super::query::Source::Metric(stat) = &query.source {
            sample_if_queue(cloud, &stat.series);
        }
    }
    let most = most_points(&call.input)?;
    let descending = call.input.text("ScanBy").is_none_or(|order| order == "TimestampDescending");
    let state = cloud.cloudwatch.state();
    let mut results = Vec::new();
    let mut points = 0;
    for query in queries.iter().filter(|query| query.returned) {
        let window = window(&call.input, "StartTime", "EndTime", query.seconds(&queries))?;
        let is_query = matches!(query.source, super::query::Source::Insights(_));
        let lines = query.lines(&queries, &state.store, &window)?.into_iter();
        for line in lines.filter(|line| !is_query || !line.points.is_empty()) {
            points += requested(&call.input, window.period);
            if points > POINTS_OF_DATA {
                return Err(too_many_points());
            }
            if points > most {
                return Err(ApiError::not_implemented(
                    "monitoring",
                    "GetMetricData with more than MaxDatapoints: pages",
                ));
            }
            results.push(result(query, &line, descending));
        }
    }
    Ok(Output::structure([
        ("MetricDataResults", Some(Output::List(results))),
        ("Messages", Some(Output::List(Vec::new()))),
    ]))
}

/// `MaxDatapoints`, the points in a page.
fn most_points(input: &Input) -> Result<i64, ApiError> {
    match input.integer("MaxDatapoints").unwrap_or(POINTS_OF_DATA) {
        most @ 1..=POINTS_OF_DATA => Ok(most),
        most => Err(invalid(format!("The value {most} for parameter MaxDatapoints is invalid."))),
    }
}

fn result(query: &Query, line: &Line, descending: bool) -> Output {
    let mut points: Vec<(i64, f64)> = line.points.iter().map(|(start, value)| (*start, *value)).collect();
    if descending {
        points.reverse();
    }
    let group: Vec<&str> = line.group.iter().map(|(_, value)| value.as_str()).collect();
    let label = match (&query.label, &query.source) {
        _ if !group.is_empty() => group.join(" "),
        (Some(label), _) => label.clone(),
        (None, super::query::Source::Metric(stat)) => stat.series.name.clone(),
        (None, _) => query.id.clone(),
    };
    Output::structure([
        ("Id", Some(query.id.as_str().into())),
        ("Label", Some(label.into())),
        ("Timestamps", Some(Output::List(points.iter().map(|(start, _)| timestamp(*start)).collect()))),
        ("Values", Some(Output::list(points.iter().map(|(_, value)| *value)))),
        ("StatusCode", Some("Complete".into())),
    ])
}

pub(super) fn list(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let input = &call.input;
    let (namespace, name) = (input.text("Namespace"), input.text("MetricName"));
    let filters = input.structures("Dimensions");
    let skip: usize = input.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let known_queues = crate::services::sqs::queue_names(cloud, &call.region);
    let queue_metrics = known_queues.iter().flat_map(|queue| {
        let dimension = vec![("QueueName".to_owned(), queue.clone())];
        crate::services::sqs::GAUGES.map(|name| Series::new(&call.region, "AWS/SQS", name, dimension.clone()))
    });
    let state = cloud.cloudwatch.state();
    let all: BTreeMap<Series, ()> =
        state.store.series().into_iter().cloned().chain(queue_metrics).map(|series| (series, ())).collect();
    let selected = |series: &Series| {
        series.region == call.region
            && namespace.is_none_or(|namespace| series.namespace == namespace)
            && name.is_none_or(|name| series.name == name)
            && filters.iter().all(|filter| {
                let value = filter.text("Name").and_then(|name| series.dimension(name));
                value.is_some_and(|value| filter.text("Value").is_none_or(|wanted| wanted == value))
            })
    };
    let metrics: Vec<Output> = all.into_keys().filter(selected).map(|series| metric(&series)).collect();
    let more = metrics.len() > skip + 500;
    Ok(Output::structure([
        ("Metrics", Some(Output::List(metrics.into_iter().skip(skip).take(500).collect()))),
        ("NextToken", more.then(|| (skip + 500).to_string().into())),
    ]))
}

fn metric(series: &Series) -> Output {
    let dimension = |(name, value): &(String, String)| {
        Output::structure([("Name", Some(name.as_str().into())), ("Value", Some(value.as_str().into()))])
    };
    Output::structure([
        ("Namespace", Some(series.namespace.as_str().into())),
        ("MetricName", Some(series.name.as_str().into())),
        ("Dimensions", Some(Output::List(series.dimensions.iter().map(dimension).collect()))),
    ])
}
