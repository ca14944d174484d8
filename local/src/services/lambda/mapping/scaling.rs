//! How many batches of a mapping may be processed at once ("Configuring scaling behavior for SQS event source mappings" in
//! the Lambda developer guide). Pure: the time is an argument, on AWS's clock.

use std::time::Duration;

/// Batches at once when messages begin to arrive.
const INITIAL: f64 = 5.0;
/// More batches at once in a second, while more messages wait: 300 a minute.
const GROWTH: f64 = 5.0;
/// Batches at once without a configured maximum.
const MOST: u32 = 1000;

/// The concurrency that a mapping has reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaling {
    most: f64,
    reached: f64,
}

impl Scaling {
    /// The concurrency of a mapping that begins to poll.
    pub(super) fn new(maximum: Option<u32>) -> Self {
        let most = f64::from(maximum.unwrap_or(MOST));
        Self { most, reached: INITIAL.min(most) }
    }

    /// Sets the maximum.
    pub(super) fn limit(&mut self, maximum: Option<u32>) {
        self.most = f64::from(maximum.unwrap_or(MOST));
        self.reached = self.reached.min(self.most);
    }

    /// Batches at once.
    pub(super) fn allowed(&self) -> usize {
        // At most 1000, and positive.
        self.reached as usize
    }

    /// Whether more batches at once may follow.
    pub(super) fn can_grow(&self) -> bool {
        self.reached < self.most
    }

    /// Messages have waited for this long because all batches were busy.
    pub(super) fn grow(&mut self, waited: Duration) {
        self.reached = (self.reached + GROWTH * waited.as_secs_f64()).min(self.most);
    }

    /// The queue is empty.
    pub(super) fn idle(&mut self) {
        self.reached = self.reached.min(INITIAL);
    }

    /// A batch succeeded: what failures took away comes back.
    pub(super) fn succeeded(&mut self) {
        if self.reached < INITIAL {
            self.reached = (self.reached + 1.0).min(self.most);
        }
    }

    /// Lambda was throttled, or the function failed: "Lambda gradually backs off".
    pub(super) fn failed(&mut self) {
        self.reached = (self.reached / 2.0).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_grows_by_300_a_minute_up_to_the_maximum_and_backs_off() {
        for (maximum, initial, after_a_second, after_an_hour) in
            [(None, 5, 10, 1000), (Some(2), 2, 2, 2), (Some(7), 5, 7, 7), (Some(100), 5, 10, 100)]
        {
            let mut scaling = Scaling::new(maximum);
            assert_eq!((scaling.allowed(), scaling.can_grow()), (initial, maximum != Some(2)), "{maximum:?}");
            scaling.grow(Duration::from_secs(1));
            assert_eq!(scaling.allowed(), after_a_second, "{maximum:?}");
            scaling.grow(Duration::from_secs(3600));
            assert_eq!((scaling.allowed(), scaling.can_grow()), (after_an_hour, false), "{maximum:?}");
            scaling.idle();
            assert_eq!(scaling.allowed(), initial, "{maximum:?}");
            (0..20).for_each(|_| scaling.failed());
            assert_eq!(scaling.allowed(), 1, "{maximum:?}");
            (0..20).for_each(|_| scaling.succeeded());
            assert_eq!(scaling.allowed(), initial, "{maximum:?}");
        }
    }

    #[test]
    fn a_lower_maximum_holds_at_once() {
        let mut scaling = Scaling::new(Some(100));
        scaling.grow(Duration::from_secs(60));
        scaling.limit(Some(3));
        assert_eq!(scaling.allowed(), 3);
    }
}
