//! What is known of the functions' failures between sweeps.

use std::collections::BTreeMap;

use incident_model::{FunctionMetric, FunctionReport};
use serde::{Deserialize, Serialize};

/// How late, in seconds, a failure may be reported: a function runs for fifteen minutes at most, its errors carry the
/// time of the invocation (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>), and a metric
/// takes some minutes. Also how long a function must not fail to count as recovered.
pub(super) const LATE_SECONDS: i64 = 20 * 60;
/// The oldest failures that are counted, in seconds before now: every period below divides it.
const OLDEST_SECONDS: i64 = 8 * 24 * 3600;
const HOUR: i64 = 3600;
/// Data points of one series; 500 of them stay below the 100 800 of a call.
const MOST_POINTS: i64 = 200;

/// The state of the watch; one item of the table. At most 500 functions fail at once in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Watch {
    /// When CloudWatch was last asked, in seconds since 1970.
    pub(crate) asked_at: i64,
    /// Functions with metrics, and when they were counted.
    pub(crate) functions: u64,
    pub(crate) counted_at: i64,
    pub(crate) metrics: BTreeMap<FunctionMetric, MetricWatch>,
    /// Reports that are not recorded yet. They are kept before they are recorded, so that none is lost by a crash, and
    /// recorded again after one, which counts nothing twice.
    pub(crate) pending: Vec<FunctionReport>,
}

/// The state of one metric. Times are in seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MetricWatch {
    /// Since when failures are counted: a full hour, which each period divides.
    pub(super) from: i64,
    /// Until when they were read.
    pub(super) to: i64,
    /// Since when the alarm has been seen on without an answer after that.
    pub(super) open_since: Option<i64>,
    /// By name.
    pub(super) failing: BTreeMap<String, Failing>,
    /// More functions than a query names.
    pub(super) many: Option<Many>,
    /// Until when the failures of all others belong to the incident about many.
    pub(super) covered: i64,
    /// When the alarm was last on while the budget did not allow to ask, and that is reported.
    pub(super) unnamed: Option<i64>,
}

/// A function that fails, or failed a moment ago.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub(crate) struct Failing {
    /// When it began.
    pub(super) since: i64,
    /// When it last failed: the end of that period.
    pub(super) last: i64,
    /// Failures since it began.
    pub(super) failed: u64,
    /// Calls since then.
    pub(super) calls: u64,
    /// Failures that are counted, of those after [`MetricWatch::from`].
    pub(super) counted: u64,
    /// Calls that are counted, of those after [`MetricWatch::from`].
    pub(super) counted_calls: u64,
    /// Whether its end is reported.
    pub(super) ended: bool,
}

/// A [`Failing`] without the names of its members: an item has 400 KB at most.
type Packed = (i64, i64, u64, u64, u64, u64, bool);

impl From<Packed> for Failing {
    fn from((since, last, failed, calls, counted, counted_calls, ended): Packed) -> Self {
        Self { since, last, failed, calls, counted, counted_calls, ended }
    }
}

impl From<Failing> for Packed {
    fn from(one: Failing) -> Self {
        (one.since, one.last, one.failed, one.calls, one.counted, one.counted_calls, one.ended)
    }
}

/// Many functions that fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Many {
    pub(super) since: i64,
    pub(super) last: i64,
}

/// A span of time that is read, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// The length of its periods, in seconds.
    pub(crate) period: i64,
}

impl Window {
    fn new(from: i64, to: i64) -> Self {
        let fits = |period: &i64| to - from <= MOST_POINTS * period;
        Self { from, to, period: [60, 300, 900].into_iter().find(fits).unwrap_or(HOUR) }
    }
}

pub(super) fn hour(seconds: i64) -> i64 {
    seconds.div_euclid(HOUR) * HOUR
}

impl Watch {
    /// Notes which alarms are on: what they saw is to be asked about, even if they are off by then.
    pub(crate) fn note(&mut self, on: &[FunctionMetric], now: i64) {
        for metric in on {
            self.metrics.entry(*metric).or_default().open_since.get_or_insert(now);
        }
    }

    /// The metrics to ask about.
    pub(crate) fn open(&self) -> Vec<FunctionMetric> {
        self.metrics.iter().filter(|(_, watch)| watch.open_since.is_some()).map(|(metric, _)| *metric).collect()
    }
}

impl MetricWatch {
    /// What to read: since the failures that are counted. Where nothing can have failed for a while, it begins anew.
    pub(super) fn window(&self, now: i64) -> Window {
        let anew = hour(self.open_since.unwrap_or(now).min(now) - LATE_SECONDS);
        let from = if self.to <= anew { anew } else { self.from };
        Window::new(from.max(hour(now - OLDEST_SECONDS)), now)
    }

    /// Functions whose failures are in the window, or were a moment ago.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.failing.keys().map(String::as_str)
    }
}
