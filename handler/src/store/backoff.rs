//! Backoff between attempts.

use std::time::Duration;

use crate::store::StoreError;

/// Attempts when other invocations change the same items. With the waits below they span about ten seconds, in which
/// hundreds of invocations on one fingerprint succeed.
const ATTEMPTS: u32 = 40;
/// Weight of an attempt on a throttled table, which is retried less. With the waits below the attempts span about a
/// second, in addition to those of the SDK.
const ATTEMPTS_OF_A_THROTTLE: u32 = 8;
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const SHORTEST_WAIT_WHEN_THROTTLED: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// Waits between attempts after conflicts and throttling.
#[derive(Debug)]
pub(crate) struct Backoff {
    left: u32,
    wait: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { left: ATTEMPTS - 1, wait: SHORTEST_WAIT }
    }
}

impl Backoff {
    /// Without patience for a throttled table, which has just refused others for as long as can help. Conflicts are
    /// another matter.
    pub(crate) fn brief() -> Self {
        Self { left: ATTEMPTS_OF_A_THROTTLE - 1, ..Self::default() }
    }

    /// Waits before the next attempt, longer each time.
    ///
    /// # Errors
    /// The last attempt's error, when the attempts are spent or no retry can succeed.
    pub(crate) async fn wait_after(&mut self, error: StoreError) -> Result<(), StoreError> {
        let (attempts, least) = match error {
            StoreError::Conflict => (1, SHORTEST_WAIT),
            StoreError::Throttled { .. } => (ATTEMPTS_OF_A_THROTTLE, SHORTEST_WAIT_WHEN_THROTTLED),
            StoreError::Unusable { .. } => return Err(error),
        };
        self.left = self.left.checked_sub(attempts).ok_or(error)?;
        self.wait = self.wait.max(least);
        tokio::time::sleep(jittered(self.wait)).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Ok(())
    }
}

/// Between half the wait and all of it, so that colliding invocations spread out.
fn jittered(wait: Duration) -> Duration {
    let random = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
    wait / 2 + wait / 2 * random / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_error_gets_as_many_attempts_as_can_help() {
        let throttled = || StoreError::Throttled { code: "ThrottlingError".to_owned(), message: String::new() };
        let unusable = || StoreError::Unusable { code: "ValidationError".to_owned(), message: String::new() };
        for (patience, error, expected) in [
            (Backoff::default as fn() -> Backoff, StoreError::Conflict, 40),
            (Backoff::default, throttled(), 5),
            (Backoff::default, unusable(), 1),
            (Backoff::brief, StoreError::Conflict, 8),
            (Backoff::brief, throttled(), 1),
            (Backoff::brief, unusable(), 1),
        ] {
            let begun = tokio::time::Instant::now();
            let (mut backoff, mut attempts) = (patience(), 1);
            let last = loop {
                match backoff.wait_after(error.clone()).await {
                    Ok(()) => attempts += 1,
                    Err(last) => break last,
                }
            };
            assert_eq!((attempts, last), (expected, error));
            assert!(begun.elapsed() <= LONGEST_WAIT * expected, "{:?}", begun.elapsed());
        }
    }
}
