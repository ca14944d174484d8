//! Samples of one figure, and the limit on their median.

use std::fmt;
use std::time::{Duration, Instant};

pub(crate) struct Measurement {
    what: &'static str,
    unit: &'static str,
    limit: f64,
    samples: Vec<f64>,
}

impl Measurement {
    /// Times in milliseconds.
    pub(crate) fn milliseconds(what: &'static str, limit: Duration, samples: &[Duration]) -> Self {
        let in_milliseconds = |duration: &Duration| duration.as_secs_f64() * 1e3;
        Self::new(what, "ms", in_milliseconds(&limit), samples.iter().map(in_milliseconds).collect())
    }

    /// Sizes in megabytes of 1 048 576 bytes.
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub(crate) fn megabytes(what: &'static str, limit: f64, samples: &[u64]) -> Self {
        Self::new(what, "MB", limit, samples.iter().map(|&bytes| bytes as f64 / 1_048_576.0).collect())
    }

    fn new(what: &'static str, unit: &'static str, limit: f64, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self { what, unit, limit, samples }
    }

    /// Whether the median is within the limit.
    pub(crate) fn is_within_limit(&self) -> bool {
        self.median() < self.limit
    }

    fn median(&self) -> f64 {
        self.samples.get(self.samples.len() / 2).copied().unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, unit, limit, samples } = self;
        let (fastest, slowest) = (samples.first().unwrap_or(&0.0), samples.last().unwrap_or(&0.0));
        let spread = format!("{fastest:.1} … {slowest:.1} {unit}");
        let broken = if self.is_within_limit() { "" } else { "  BROKEN" };
        write!(formatter, "{what:<52}{:>9.1} {unit}{spread:>24}{limit:>9.0} {unit}{broken}", self.median())
    }
}

/// The duration of some work.
pub(crate) fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
