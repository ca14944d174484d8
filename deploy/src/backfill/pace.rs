//! How fast to write, so that the handler is not throttled.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::AwsError;

/// Writes in flight at a time.
pub(super) const AT_ONCE: usize = 20;
/// Writes a second.
const WRITES: u64 = 200;
/// Write units a second, over the table and its indexes. All heads have one key in two former indexes, and an index takes
/// 1 000 units a second for one key
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>).
const UNITS: u64 = 1500;

/// Pauses while a table does not keep up, each twice the one before. An on-demand table grows within minutes.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const PAUSES: u32 = 12;

/// Calls until the table keeps up, for some minutes.
pub(super) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    for pause in 0..PAUSES {
        match call().await {
            Err(error) if error.says_throttled() => {
                tokio::time::sleep((FIRST_PAUSE * 2_u32.pow(pause)).min(LONGEST_PAUSE)).await;
            }
            result => return result,
        }
    }
    call().await
}

/// Measures what one round of writes consumed.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    /// Of this round.
    units: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { began: Instant::now(), units: AtomicU64::new(0) }
    }
}

impl Pace {
    /// Counts what a write consumed.
    pub(super) fn count(&self, units: Option<f64>) {
        self.units.fetch_add(units.unwrap_or(1.0).ceil() as u64, Ordering::Relaxed);
    }

    /// Waits until the round took as long as it may, and begins the next.
    pub(super) async fn keep(&mut self) {
        tokio::time::sleep_until(self.began + least(*self.units.get_mut())).await;
        *self = Self::default();
    }
}

/// The time that a round of [`AT_ONCE`] writes takes at least.
fn least(units: u64) -> Duration {
    let of_writes = Duration::from_secs(AT_ONCE as u64) / WRITES as u32;
    of_writes.max(Duration::from_millis(units * 1000 / UNITS)) * u32::from(units > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_table_that_does_not_keep_up_is_waited_for() {
        for (code, expected) in [("ThrottlingException", PAUSES + 1), ("AccessDeniedException", 1)] {
            let mut calls = 0;
            let result: Result<(), _> = patiently(|| {
                calls += 1;
                std::future::ready(Err(AwsError::new("dynamodb:Query", code, "")))
            })
            .await;
            assert_eq!((calls, result.is_err()), (expected, true), "{code}");
        }
    }

    #[test]
    fn neither_writes_nor_units_are_exceeded() {
        for (units, expected) in [(0, 0), (20, 100), (150, 100), (300, 200), (15_000, 10_000)] {
            assert_eq!(least(units), Duration::from_millis(expected), "{units}");
        }
    }
}
