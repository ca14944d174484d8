//! How bad: metrics of a function by the minute.

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
