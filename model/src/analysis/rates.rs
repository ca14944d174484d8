//! How bad: metrics of a function by the minute.

mod failing;
mod said;
#[cfg(test)]
mod tests;

pub use failing::{Failing, Throttled};

/// Seconds of a minute.
pub(crate) const MINUTE: i64 = 60;

/// A minute of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Minute {
    /// Its begin, in seconds since 1970.
    pub at: i64,
    /// Calls.
    pub invocations: f64,
    /// Calls that failed.
    pub errors: f64,
    /// Calls that did not begin.
    pub throttles: f64,
    /// Most executions at once.
    pub concurrency: f64,
    /// Longest duration, in milliseconds.
    pub duration: f64,
}

/// The metrics of a function: the last three hours by the minute, and the same hours of the day before. A minute without
/// data is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    /// The last three hours, oldest first.
    pub minutes: Vec<Minute>,
    /// From 27 to 24 hours ago, oldest first.
    pub day_before: Vec<Minute>,
    /// When they were read, in seconds since 1970.
    pub until: i64,
}

impl Minute {
    /// Its calls. Late data can count an error before its call.
    fn calls(&self) -> f64 {
        self.invocations.max(self.errors)
    }

    fn has_data(&self) -> bool {
        self.calls() > 0.0
    }

    /// The calls that succeeded.
    fn successes(&self) -> f64 {
        self.calls() - self.errors
    }
}
