//! The time for an answer: Lambda ends an invocation at its deadline, and with it the answer about all its messages.

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;
use tokio::time::Instant;

/// How long before the invocation's deadline the answer is given.
const MARGIN: Duration = Duration::from_secs(5);

/// When the work of an invocation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of an invocation; none if Lambda sets none.
    pub(crate) fn of(context: &Context) -> Self {
        let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        Self((context.deadline > 0).then(|| Instant::now() + time_for_work(left)))
    }

    /// The work's output; `None` if the time is over, when the work ends unfinished.
    pub(crate) async fn limit<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            Some(at) => tokio::time::timeout_at(at, work).await.ok(),
            None => Some(work.await),
        }
    }
}

/// The time for work; half of it if there is little.
fn time_for_work(left: Duration) -> Duration {
    left - MARGIN.min(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_five_seconds_early_or_in_half_the_time() {
        for (left, expected) in [(30_000, 25_000), (10_000, 5_000), (8_000, 4_000), (3_000, 1_500), (0, 0)] {
            assert_eq!(time_for_work(Duration::from_millis(left)), Duration::from_millis(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_at_the_deadline() {
        let mut context = Context::default();
        assert_eq!(Deadline::of(&context).limit(tokio::time::sleep(Duration::from_secs(900))).await, Some(()));
        let at = SystemTime::now() + Duration::from_secs(30);
        context.deadline = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |at| at.as_millis() as u64);
        let deadline = Deadline::of(&context);
        assert_eq!(deadline.limit(tokio::time::sleep(Duration::from_secs(24))).await, Some(()));
        assert_eq!(deadline.limit(tokio::time::sleep(Duration::from_secs(2))).await, None);
        context.deadline = 1;
        assert_eq!(Deadline::of(&context).limit(std::future::pending::<()>()).await, None);
    }
}
