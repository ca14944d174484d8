//! Failures that only metrics show: which functions fail, and how many of their calls.
//!
//! Lambda counts every invocation, also synchronous ones, which no destination reports. The handler reads the metrics
//! while an alarm on all functions is on, and makes events of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observation::{Kind, Observation, TopFrame};
use crate::time::rfc3339;

/// The source of these observations.
pub const SOURCE: &str = "lambda-metrics";

/// The resource of an incident about more functions than a query can name.
const MANY: &str = "AWS/Lambda";

/// A metric of Lambda that counts what went wrong with a function. `AsyncEventsDropped` is none of them: it also counts
/// events that an on-failure destination received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FunctionMetric {
    /// Invocations that ended in an error of the function or its runtime.
    Errors,
    /// Invocations that did not begin, for want of concurrency.
    Throttles,
    /// Records of asynchronous invocations that did not reach the function's destination.
    DestinationDeliveryFailures,
}

impl FunctionMetric {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Errors, Self::Throttles, Self::DestinationDeliveryFailures];

    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
            Self::DestinationDeliveryFailures => "DestinationDeliveryFailures",
        }
    }
}

/// What the metrics say about a function, or about many, since they were last read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionReport {
    /// The metric.
    pub metric: FunctionMetric,
    /// What happened.
    pub news: News,
    /// When it last happened, in seconds since 1970.
    pub at: i64,
    /// Since when the metric was read, in seconds since 1970.
    pub from: i64,
    /// Until when, in seconds since 1970. A function has one report for each such time.
    pub to: i64,
}

/// The news of a [`FunctionReport`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// A function fails.
    Failed {
        /// Its name.
        function: String,
        /// Failures since the last report.
        count: u64,
        /// Failures since it began to fail.
        failed: u64,
        /// Calls since then, those that were throttled included; 0 if unknown.
        calls: u64,
        /// When it began, in seconds since 1970.
        since: i64,
    },
    /// A function has not failed for a while.
    Recovered {
        /// Its name.
        function: String,
    },
    /// More functions fail at once than a query can name.
    ManyFailed {
        /// The number that the query names.
        named: u64,
        /// Failures of these since the last report.
        count: u64,
        /// When it began, in seconds since 1970.
        since: i64,
        /// The functions with the most failures, and how many.
        most: Vec<(String, u64)>,
    },
    /// Fewer functions fail at once.
    ManyRecovered,
    /// Functions fail, and the budget does not allow to ask which.
    Unnamed {
        /// When it does, in seconds since 1970.
        until: i64,
    },
    /// It is known again which functions fail, or none does.
    UnnamedRecovered,
}

impl FunctionReport {
    /// The event, for an account and region.
    pub fn observation(&self, account: &str, region: &str) -> Observation {
        let (resource, kind, what) = match &self.news {
            News::Failed { function, .. } => (function.as_str(), Kind::Failure, "Failures"),
            News::Recovered { function } => (function.as_str(), Kind::Recovery, "Recovery"),
            News::ManyFailed { .. } | News::Unnamed { .. } => (MANY, Kind::Failure, "Failures"),
            News::ManyRecovered | News::UnnamedRecovered => (MANY, Kind::Recovery, "Recovery"),
        };
        // Failures of many, and failures of unknown functions, end independently.
        let is_unnamed = matches!(self.news, News::Unnamed { .. } | News::UnnamedRecovered);
        let aspect = if is_unnamed { format!("{} unnamed", self.metric.name()) } else { self.metric.name().to_owned() };
        let metric = self.metric.name();
        let seen = Observation {
            kind,
            source: SOURCE.to_owned(),
            resource: resource.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            error_type: metric.to_owned(),
            error_message: self.message(),
            request_id: None,
            event_id: format!("{SOURCE}/{region}/{aspect}/{resource}/{}-{}", self.from, self.to),
            occurred_at: rfc3339(self.at),
            detail_type: format!("Function Metric {what}"),
            top_frame: TopFrame::default(),
            drill: None,
            // The message counts.
            grouping: Some(if is_unnamed { aspect.clone() } else { String::new() }),
            recovers: false,
            attributes: BTreeMap::new(),
        };
        let seen = seen.with("told", self.message());
        self.described(seen.with("namespace", "AWS/Lambda").with("metric", metric).with("aspect", aspect))
    }

    fn described(&self, seen: Observation) -> Observation {
        let is_errors = self.metric == FunctionMetric::Errors;
        match &self.news {
            News::Failed { function, count, failed, calls, .. } => {
                let seen = seen.with("function", function.as_str()).with("count", *count).with("failed", *failed);
                let seen = if is_errors { seen.with("lambda_errors", true) } else { seen };
                seen.with("calls", if *calls > 0 { Value::from(*calls) } else { Value::Null })
            }
            News::Recovered { function } => seen.with("function", function.as_str()),
            News::ManyFailed { named, count, .. } => seen.with("functions", *named).with("count", *count),
            News::ManyRecovered | News::Unnamed { .. } | News::UnnamedRecovered => seen,
        }
    }

    /// `312 of 340 calls failed since 10:02 UTC`.
    fn message(&self) -> String {
        match &self.news {
            News::Failed { failed, calls, since, .. } => {
                let what = match self.metric {
                    FunctionMetric::Errors => "failed",
                    FunctionMetric::Throttles => "were throttled",
                    FunctionMetric::DestinationDeliveryFailures => "could not report to their destination",
                };
                format!("{} {what} since {}", of_calls(*failed, *calls), self.moment(*since))
            }
            News::ManyFailed { named, since, most, .. } => {
                let most: Vec<String> = most.iter().map(|(function, count)| format!("{function} ({count})")).collect();
                format!(
                    "more than {named} functions fail at once ({}) since {}; above all {}",
                    self.metric.name(),
                    self.moment(*since),
                    most.join(", ")
                )
            }
            News::Unnamed { until } => format!(
                "functions fail ({}), and the monthly budget does not allow to ask which before {}",
                self.metric.name(),
                self.moment(*until)
            ),
            News::Recovered { .. } | News::ManyRecovered | News::UnnamedRecovered => String::new(),
        }
    }

    /// The time of day of a moment; with its day, unless it is that of the report.
    fn moment(&self, seconds: i64) -> String {
        let time = |seconds: i64| Timestamp::from_second(seconds).unwrap_or_default().to_zoned(TimeZone::UTC);
        let (at, now) = (time(seconds), time(self.to));
        match at.date() == now.date() {
            true => at.strftime("%H:%M UTC").to_string(),
            false => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        }
    }
}

/// `312 of 340 calls`; without the number of calls `312 calls`, and so where a call can fail more than once.
fn of_calls(failed: u64, calls: u64) -> String {
    let plural = |number: u64| if number == 1 { "call" } else { "calls" };
    match calls >= failed {
        true => format!("{failed} of {calls} {}", plural(calls)),
        false => format!("{failed} {}", plural(failed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trouble::ends;
    use crate::{Classification, Outcome, Rules, RulesError, Severity};

    /// 2026-11-27T10:30:00Z.
    const NOW: i64 = 1_795_775_400;

    fn report(metric: FunctionMetric, news: News) -> FunctionReport {
        FunctionReport { metric, news, at: NOW - 60, from: NOW - 120, to: NOW }
    }

    fn failed(function: &str, failed: u64, calls: u64) -> News {
        News::Failed { function: function.to_owned(), count: 5, failed, calls, since: NOW - 28 * 60 }
    }

    fn judged(report: &FunctionReport) -> Result<(Severity, String), RulesError> {
        let event = Classification::of(report.observation("111122223333", "eu-west-1"), &Rules::defaults()?);
        let judgement = event.judgement.map(|judgement| (judgement.severity, judgement.summary));
        Ok(judgement.unwrap_or((Severity::Low, String::new())))
    }

    #[test]
    fn the_summary_says_how_many_of_how_many_calls() -> Result<(), RulesError> {
        use FunctionMetric::{DestinationDeliveryFailures, Errors, Throttles};
        let many = News::ManyFailed { named: 500, count: 9000, since: NOW - 300, most: vec![("a".to_owned(), 40)] };
        for (report, severity, summary) in [
            (
                report(Errors, failed("orders", 312, 340)),
                Severity::High,
                "orders: 312 of 340 calls failed since 10:02 UTC",
            ),
            (report(Errors, failed("orders", 1, 1)), Severity::Medium, "orders: 1 of 1 call failed since 10:02 UTC"),
            (report(Errors, failed("orders", 9, 0)), Severity::Medium, "orders: 9 calls failed since 10:02 UTC"),
            (
                report(Throttles, failed("orders", 3, 4)),
                Severity::Medium,
                "orders: 3 of 4 calls were throttled since 10:02 UTC",
            ),
            (
                report(DestinationDeliveryFailures, failed("orders", 2, 4)),
                Severity::High,
                "orders: 2 of 4 calls could not report to their destination since 10:02 UTC",
            ),
            (
                report(Errors, many),
                Severity::Critical,
                "more than 500 functions fail at once (Errors) since 10:25 UTC; above all a (40)",
            ),
            (
                report(Errors, News::Unnamed { until: NOW + 3600 }),
                Severity::High,
                "functions fail (Errors), and the monthly budget does not allow to ask which before 11:30 UTC",
            ),
        ] {
            assert_eq!(judged(&report)?, (severity, summary.to_owned()));
        }
        let yesterday = FunctionReport { to: NOW + 86_400, ..report(Errors, failed("orders", 2, 2)) };
        assert_eq!(judged(&yesterday)?.1, "orders: 2 of 2 calls failed since 2026-11-27 10:02 UTC");
        Ok(())
    }

    #[test]
    fn one_incident_for_each_function_and_metric_which_its_recovery_ends() -> Result<(), Box<dyn std::error::Error>> {
        use FunctionMetric::{Errors, Throttles};
        let rules = Rules::defaults()?;
        let seen = |report: FunctionReport| Classification::of(report.observation("111122223333", "eu-west-1"), &rules);
        let first = seen(report(Errors, failed("orders", 5, 9)));
        let later = FunctionReport { from: NOW, to: NOW + 60, ..report(Errors, failed("orders", 9, 20)) };
        let later = seen(later);
        assert_eq!(first.fingerprint.digest, later.fingerprint.digest);
        assert_ne!(first.observation.event_id, later.observation.event_id, "each window counts");
        assert_ne!(first.fingerprint.digest, seen(report(Throttles, failed("orders", 5, 9))).fingerprint.digest);
        assert_ne!(first.fingerprint.digest, seen(report(Errors, failed("bills", 5, 9))).fingerprint.digest);

        let incident = first.incident("inc-1".to_owned(), rfc3339(NOW)).ok_or("no failure")?;
        for (metric, function, expected) in
            [(Errors, "orders", true), (Throttles, "orders", false), (Errors, "bills", false)]
        {
            let recovery = seen(report(metric, News::Recovered { function: function.to_owned() }));
            assert_eq!(recovery.outcome, Outcome::Recovery);
            assert_eq!(ends(&recovery.observation, &incident), expected, "{metric:?} of {function}");
        }
        Ok(())
    }
}
