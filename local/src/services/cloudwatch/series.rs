//! Metrics, aggregated by minute in bounded memory.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Buckets per metric: two days of minutes.
const BUCKETS: usize = 2880;
/// Maximum number of metrics, some ten for each of 5 000 functions; the least recently used is evicted.
const METRICS: usize = 65_536;

/// Identifies one metric.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) region: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// Sorted.
    pub(super) dimensions: Vec<(String, String)>,
}

impl Series {
    pub(super) fn new(region: &str, namespace: &str, name: &str, mut dimensions: Vec<(String, String)>) -> Self {
        dimensions.sort();
        Self { region: region.to_owned(), namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    pub(super) fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One or more measurements.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    pub(super) unit: String,
}

impl Sample {
    pub(super) fn one(value: f64, unit: &str) -> Self {
        Self { count: 1.0, sum: value, minimum: value, maximum: value, unit: unit.to_owned() }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    /// A statistic by its AWS name; `None` for an unsupported one.
    pub(super) fn statistic(&self, name: &str) -> Option<f64> {
        match name {
            "Sum" => Some(self.sum),
            "Average" if self.count > 0.0 => Some(self.sum / self.count),
            "Minimum" => Some(self.minimum),
            "Maximum" => Some(self.maximum),
            "SampleCount" => Some(self.count),
            _ => None,
        }
    }
}

/// Samples by the start of their minute and their unit: units are not converted, so they stay apart.
type Buckets = BTreeMap<(i64, String), Sample>;

#[derive(Debug, Default)]
pub(super) struct Store {
    metrics: HashMap<Series, Buckets>,
}

impl Store {
    /// Adds to the bucket containing an instant. Instant and width in milliseconds.
    pub(super) fn add(&mut self, series: Series, at: i64, width: i64, sample: &Sample) {
        self.bucket(series, at, width, &sample.unit)
            .and_modify(|kept| kept.merge(sample))
            .or_insert_with(|| sample.clone());
    }

    /// Replaces the bucket's content with one sample: for a gauge that is polled, not counted.
    pub(super) fn set(&mut self, series: Series, at: i64, width: i64, sample: Sample) {
        self.bucket(series, at, width, &sample.unit).and_modify(|kept| *kept = sample.clone()).or_insert(sample);
    }

    fn bucket(&mut self, series: Series, at: i64, width: i64, unit: &str) -> Entry<'_, (i64, String), Sample> {
        if self.metrics.len() >= METRICS && !self.metrics.contains_key(&series) {
            let newest = |buckets: &Buckets| buckets.keys().next_back().map(|(start, _)| *start);
            let oldest = self.metrics.iter().min_by_key(|(_, buckets)| newest(buckets)).map(|(key, _)| key.clone());
            oldest.map(|oldest| self.metrics.remove(&oldest));
        }
        let buckets = self.metrics.entry(series).or_default();
        while buckets.len() >= BUCKETS {
            buckets.pop_first();
        }
        buckets.entry((at.div_euclid(width) * width, unit.to_owned()))
    }

    /// All samples in `[from, to)`, merged across units unless one is given; `None` without data.
    pub(super) fn between(&self, series: &Series, from: i64, to: i64, unit: Option<&str>) -> Option<Sample> {
        self.by_unit(series, from, to, unit).into_iter().reduce(|mut merged, sample| {
            merged.merge(&sample);
            merged
        })
    }

    /// All samples in `[from, to)`, merged for each unit.
    pub(super) fn by_unit(&self, series: &Series, from: i64, to: i64, unit: Option<&str>) -> Vec<Sample> {
        let mut merged: BTreeMap<&str, Sample> = BTreeMap::new();
        let Some(buckets) = self.metrics.get(series) else { return Vec::new() };
        let samples = buckets.range((from, String::new())..(to.max(from), String::new())).map(|(_, sample)| sample);
        for sample in samples.filter(|sample| unit.is_none_or(|unit| sample.unit == unit)) {
            merged.entry(&sample.unit).and_modify(|kept| kept.merge(sample)).or_insert_with(|| sample.clone());
        }
        merged.into_values().collect()
    }

    /// All metrics, sorted.
    pub(super) fn series(&self) -> Vec<&Series> {
        let mut all: Vec<&Series> = self.metrics.keys().collect();
        all.sort();
        all
    }
}
