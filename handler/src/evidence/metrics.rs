//! How bad it is: the function's metrics of the last three hours, and of the same hours a day before.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy};
use incident_model::analysis::{Minute, Rates, WhyMissing};

use super::Gather;
use super::calls::Calls;
use super::subject::Subject;
use crate::clients::EvidenceClients;

const HOUR: i64 = 60 * 60;
/// How far back the metrics go, in seconds: the hours to look at end a day ago.
const BACK: i64 = 27 * HOUR;
/// What is looked at, in seconds.
const WINDOW: i64 = 3 * HOUR;

/// A metric to read.
struct Series {
    id: &'static str,
    metric: &'static str,
    stat: &'static str,
    place: fn(&mut Minute) -> &mut f64,
}

const SERIES: [Series; 5] = [
    Series { id: "invocations", metric: "Invocations", stat: "Sum", place: |minute| &mut minute.invocations },
    Series { id: "errors", metric: "Errors", stat: "Sum", place: |minute| &mut minute.errors },
    Series { id: "throttles", metric: "Throttles", stat: "Sum", place: |minute| &mut minute.throttles },
    Series {
        id: "concurrency",
        metric: "ConcurrentExecutions",
        stat: "Maximum",
        place: |minute| &mut minute.concurrency,
    },
    Series { id: "duration", metric: "Duration", stat: "Maximum", place: |minute| &mut minute.duration },
];

/// One `cloudwatch:GetMetricData`.
#[derive(Debug)]
pub(super) struct Metrics<'a> {
    pub(super) clients: &'a EvidenceClients,
    pub(super) calls: &'a Calls,
}

impl Gather for Metrics<'_> {
    type Found = Rates;

    async fn gather(&self, of: &Subject<'_>) -> Result<Rates, WhyMissing> {
        let function = of.function.ok_or(WhyMissing::None)?;
        // Whole minutes: others begin anywhere and do not add up.
        let until = of.now - of.now.rem_euclid(60) + 60;
        let ask = self
            .clients
            .cloudwatch()
            .get_metric_data()
            .set_metric_data_queries(Some(SERIES.iter().map(|series| query(series, function.name)).collect()))
            .start_time(DateTime::from_secs(until - BACK))
            .end_time(DateTime::from_secs(until))
            // If an answer has no room for all, the newest matter.
            .scan_by(ScanBy::TimestampDescending);
        let answer = self.calls.make(ask.send()).await?;
        let rates = rates(answer.metric_data_results(), until, of.now);
        if rates.minutes.is_empty() && rates.day_before.is_empty() { Err(WhyMissing::None) } else { Ok(rates) }
    }
}

fn query(series: &Series, function: &str) -> MetricDataQuery {
    let dimension = Dimension::builder().name("FunctionName").value(function).build();
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name(series.metric).dimensions(dimension).build();
    let stat = MetricStat::builder().metric(metric).period(60).stat(series.stat).build();
    MetricDataQuery::builder().id(series.id).metric_stat(stat).build()
}

/// The minutes with data of both windows, which end at `until` and a day before it.
fn rates(results: &[MetricDataResult], until: i64, now: i64) -> Rates {
    let mut minutes: BTreeMap<i64, Minute> = BTreeMap::new();
    for result in results {
        let Some(series) = SERIES.iter().find(|series| result.id() == Some(series.id)) else { continue };
        let times = result.timestamps().iter().map(DateTime::secs);
        for (at, value) in times.zip(result.values().iter().copied()).filter(|(_, value)| value.is_finite()) {
            let minute = minutes.entry(at).or_insert_with(|| Minute { at, ..Minute::default() });
            *(series.place)(minute) = value;
        }
    }
    let within = |end: i64| minutes.range(end - WINDOW..end).map(|(_, minute)| *minute).collect();
    Rates { minutes: within(until), day_before: within(until - 24 * HOUR), until: now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_windows_are_cut_out_of_the_answer() {
        let at = |ago: i64| DateTime::from_secs(100_000 - ago);
        let of = |id: &str, points: &[(i64, f64)]| {
            let times = points.iter().map(|(ago, _)| at(*ago)).collect();
            let values = points.iter().map(|(_, value)| *value).collect();
            MetricDataResult::builder().id(id).set_timestamps(Some(times)).set_values(Some(values)).build()
        };
        let results = [
            of("invocations", &[(60, 5.0), (120, 6.0), (4 * HOUR, 1.0), (25 * HOUR, 7.0), (28 * HOUR, 9.0)]),
            of("errors", &[(60, 4.0)]),
            of("duration", &[(300, 812.5), (120, f64::NAN)]),
            of("unknown", &[(60, 99.0)]),
        ];
        let rates = rates(&results, 100_000, 99_990);
        let minute = |ago: i64| Minute { at: 100_000 - ago, ..Minute::default() };
        let expected = Rates {
            minutes: vec![
                Minute { duration: 812.5, ..minute(300) },
                Minute { invocations: 6.0, ..minute(120) },
                Minute { invocations: 5.0, errors: 4.0, ..minute(60) },
            ],
            day_before: vec![Minute { invocations: 7.0, ..minute(25 * HOUR) }],
            until: 99_990,
        };
        assert_eq!(rates, expected);
    }
}
