//! Numbers limited by AWS.

use super::checked::read_from_file;

/// Retention of log groups, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRetention(u32);

/// Memory of a function, in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemorySize(u32);

/// How many handlers may work on the queue of events at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency(u32);

read_from_file!(number, LogRetention, MemorySize, Concurrency);

impl LogRetention {
    /// The values CloudWatch Logs accepts in `PutRetentionPolicy`.
    const ALLOWED: [u32; 22] =
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

    /// The number of days.
    pub fn days(self) -> u32 {
        self.0
    }
}

impl MemorySize {
    /// The number of megabytes.
    pub fn megabytes(self) -> u32 {
        self.0
    }
}

impl Concurrency {
    /// The number of handlers.
    pub fn handlers(self) -> u32 {
        self.0
    }
}

impl Default for LogRetention {
    fn default() -> Self {
        Self(30)
    }
}

impl Default for MemorySize {
    fn default() -> Self {
        Self(256)
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u64> for LogRetention {
    type Error = String;

    fn try_from(days: u64) -> Result<Self, Self::Error> {
        match Self::ALLOWED.iter().find(|allowed| u64::from(**allowed) == days) {
            Some(days) => Ok(Self(*days)),
            None => {
                Err(format!("CloudWatch Logs does not keep events for {days} days; allowed are {:?}", Self::ALLOWED))
            }
        }
    }
}

impl TryFrom<u64> for MemorySize {
    type Error = String;

    fn try_from(megabytes: u64) -> Result<Self, Self::Error> {
        match u32::try_from(megabytes) {
            Ok(size @ 128..=10_240) => Ok(Self(size)),
            _ => Err(format!("a function has 128 to 10240 MB, not {megabytes}")),
        }
    }
}

/// The limits of `MaximumConcurrency` (Lambda's API reference, `ScalingConfig`).
impl TryFrom<u64> for Concurrency {
    type Error = String;

    fn try_from(handlers: u64) -> Result<Self, Self::Error> {
        match u32::try_from(handlers) {
            Ok(handlers @ 2..=1000) => Ok(Self(handlers)),
            _ => Err(format!("Lambda runs 2 to 1000 handlers at once for a queue, not {handlers}")),
        }
    }
}
