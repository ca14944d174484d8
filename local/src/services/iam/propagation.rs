//! Eventual consistency: changes propagate to the rest of AWS after a delay.

use std::time::{Duration, Instant};

/// A value, when it was set, and its predecessor.
#[derive(Debug, Clone)]
pub(super) struct Propagating<T> {
    current: T,
    previous: Option<T>,
    since: Instant,
}

impl<T: Clone> Propagating<T> {
    pub(super) fn new(value: T) -> Self {
        Self { current: value, previous: None, since: Instant::now() }
    }

    /// What IAM's own reads return.
    pub(super) fn current(&self) -> &T {
        &self.current
    }

    /// What is enforced: until the delay has passed, nothing or the former value.
    pub(super) fn in_force(&self, delay: Duration) -> Option<&T> {
        if self.since.elapsed() >= delay { Some(&self.current) } else { self.previous.as_ref() }
    }

    /// Replaces the value; the one in force stays so for the delay.
    pub(super) fn change(&mut self, value: T, delay: Duration) {
        self.previous = self.in_force(delay).cloned();
        self.current = value;
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Propagating;

    #[test]
    fn a_change_is_in_force_after_the_delay() {
        let long = Duration::from_secs(3600);
        let mut value = Propagating::new(1);
        assert_eq!((value.in_force(long), value.in_force(Duration::ZERO)), (None, Some(&1)));
        value.change(2, Duration::ZERO);
        assert_eq!((value.current(), value.in_force(long), value.in_force(Duration::ZERO)), (&2, Some(&1), Some(&2)));
    }
}
