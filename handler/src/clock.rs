//! The time.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A point in time, in the formats of the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// RFC 3339 in UTC with milliseconds.
    pub text: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Milliseconds since 1970.
    pub milliseconds: i64,
}

/// The system clock. Tests advance it.
#[derive(Debug, Default)]
pub struct Clock {
    ahead_seconds: AtomicI64,
    #[cfg(test)]
    stopped_at: std::sync::OnceLock<Timestamp>,
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> Now {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        let now = self.system();
        let now = now.checked_add(ahead).unwrap_or(now);
        Now { text: format!("{now:.3}"), seconds: now.as_second(), milliseconds: now.as_millisecond() }
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in tests the clock may stand still")]
    fn system(&self) -> Timestamp {
        Timestamp::now()
    }

    #[cfg(test)]
    fn system(&self) -> Timestamp {
        self.stopped_at.get().copied().unwrap_or_else(Timestamp::now)
    }

    /// Stops the clock: from now on it only moves by [`Self::pass`], however long the test takes.
    #[cfg(test)]
    pub(crate) fn stop(&self) {
        self.stopped_at.get_or_init(Timestamp::now);
    }

    #[cfg(test)]
    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
