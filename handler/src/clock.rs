//! The time.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// One moment, in the forms that records need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// RFC 3339 in UTC with milliseconds.
    pub text: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Milliseconds since 1970.
    pub milliseconds: i64,
}

/// The clock of the machine. Tests set it ahead.
#[derive(Debug, Default)]
pub struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    /// This moment.
    pub fn now(&self) -> Now {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        let now = Timestamp::now();
        let now = now.checked_add(ahead).unwrap_or(now);
        Now { text: format!("{now:.3}"), seconds: now.as_second(), milliseconds: now.as_millisecond() }
    }

    #[cfg(test)]
    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
