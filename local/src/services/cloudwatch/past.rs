//! Data of the past that tests bring in, also into AWS's own namespaces; see [`history`](crate::history).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::series::{Sample, Series};
use crate::Cloud;
use crate::past::{HistoryError, PastTime};

/// Milliseconds between the values of a range. Not scaled: so are the periods of reads.
const MINUTE: i64 = 60_000;
/// Values of one history at most: 28 hours of each minute for 60 metrics.
const MOST: usize = 100_800;

/// A metric with its values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastMetric {
    namespace: String,
    name: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    #[serde(default)]
    unit: Option<String>,
    values: Vec<PastValue>,
}

/// One value, or the same one in each minute of a range; or the statistics of several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PastValue {
    at: Option<PastTime>,
    from: Option<PastTime>,
    to: Option<PastTime>,
    value: Option<f64>,
    sum: Option<f64>,
    count: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

/// A metric and its samples by time, in milliseconds since 1970.
pub(crate) struct Prepared {
    series: Series,
    samples: Vec<(i64, Sample)>,
}

impl PastMetric {
    /// Checks the metric.
    ///
    /// # Errors
    /// When a value lacks its time or its number, or there are more than 100 800.
    pub(crate) fn prepare(self, region: &str) -> Result<Prepared, HistoryError> {
        let series = Series::new(region, &self.namespace, &self.name, self.dimensions.into_iter().collect());
        let unit = self.unit.as_deref().unwrap_or("None");
        let mut samples = Vec::new();
        for value in &self.values {
            let sample = value.sample(unit)?;
            samples.extend(value.times()?.take(MOST + 1).map(|at| (at, sample.clone())));
            if samples.len() > MOST {
                return Err(HistoryError::Malformed(self.name, "metric with at most 100800 values"));
            }
        }
        Ok(Prepared { series, samples })
    }
}

impl PastValue {
    fn times(&self) -> Result<impl Iterator<Item = i64>, HistoryError> {
        let (from, to) = match (self.at, self.from, self.to) {
            (Some(at), None, None) => (at.0, at.0 + 1),
            (None, Some(from), Some(to)) => (from.0, to.0),
            _ => return Err(HistoryError::Lacks("a value", "`at`, or `from` and `to`")),
        };
        Ok((0..).map(move |index| from + index * MINUTE).take_while(move |at| *at < to))
    }

    fn sample(&self, unit: &str) -> Result<Sample, HistoryError> {
        match (self.value, self.sum, self.count, self.min, self.max) {
            (Some(value), None, None, None, None) => Ok(Sample::one(value, unit)),
            (None, Some(sum), Some(count), Some(minimum), Some(maximum)) => {
                Ok(Sample { count, sum, minimum, maximum, unit: unit.to_owned() })
            }
            _ => Err(HistoryError::Lacks("a value", "`value`, or `sum`, `count`, `min` and `max`")),
        }
    }
}

/// Adds what was prepared. Alarms that look at it are evaluated.
pub(crate) fn bring_in(cloud: &Cloud, metrics: Vec<Prepared>) {
    if metrics.is_empty() {
        return;
    }
    let mut state = cloud.cloudwatch.state();
    for Prepared { series, samples } in metrics {
        for (at, sample) in samples {
            state.store.add(series.clone(), at, MINUTE, &sample);
        }
    }
    drop(state);
    cloud.cloudwatch.wake();
}
