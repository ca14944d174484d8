//! Figures of several starts of a function, and their medians.

use std::fmt;
use std::time::Duration;

/// Figures of one start.
pub(crate) struct Start {
    /// From spawning the process to its first request for an event.
    pub(crate) start: Duration,
    /// The first event.
    pub(crate) first: Duration,
    /// Each later event.
    pub(crate) warm: Vec<Duration>,
    /// Processor time per later event.
    pub(crate) processor: Duration,
    /// Peak memory in MB.
    pub(crate) memory: f64,
    /// AWS calls per later event.
    pub(crate) requests: usize,
    /// Connections to AWS opened by the first event.
    pub(crate) connections: usize,
}

/// Figures of several starts.
#[derive(Default)]
pub(crate) struct Figures(Vec<Start>);

impl Figures {
    /// The table's column headings.
    pub(crate) const HEADER: &'static str = "medians of all starts                 start ms  first ms  (connects)  \
                                             warm p50  warm p99    CPU ms        MB     calls";

    pub(crate) fn add(&mut self, start: Start) {
        self.0.push(start);
    }

    /// The median start, in milliseconds.
    pub(crate) fn start(&self) -> f64 {
        self.median(|start| milliseconds(start.start))
    }

    /// The median of the peaks of memory, in MB.
    pub(crate) fn memory(&self) -> f64 {
        self.median(|start| start.memory)
    }

    fn median(&self, figure: impl Fn(&Start) -> f64) -> f64 {
        quantile(self.0.iter().map(figure).collect(), 0.5)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warm = |share| self.median(|start| quantile(start.warm.iter().copied().map(milliseconds).collect(), share));
        write!(formatter, "{:>10.2}", self.start())?;
        write!(formatter, "{:>10.2}", self.median(|start| milliseconds(start.first)))?;
        write!(formatter, "{:>12}", self.median(|start| start.connections as f64))?;
        write!(formatter, "{:>10.2}{:>10.2}", warm(0.5), warm(0.99))?;
        write!(formatter, "{:>10.2}", self.median(|start| milliseconds(start.processor)))?;
        write!(formatter, "{:>10.1}", self.memory())?;
        write!(formatter, "{:>10}", self.median(|start| start.requests as f64))
    }
}

/// A measurement that has a limit.
pub(crate) struct Limit {
    pub(crate) what: &'static str,
    pub(crate) measured: f64,
    pub(crate) most: f64,
}

impl Limit {
    /// Whether it is within the limit.
    pub(crate) fn is_kept(&self) -> bool {
        self.measured <= self.most
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, measured, most } = self;
        let broken = if self.is_kept() { "" } else { "  BROKEN" };
        write!(formatter, "{what:<24}{measured:>8.1}, limit {most}{broken}")
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The quantile: this share of the values lies below it.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
pub(crate) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * share) as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}
