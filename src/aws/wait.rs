//! Waiting for AWS: which refusals pass by themselves, how often to ask, and when to give up. All of it is data.

use std::future::Future;
use std::time::Duration;

use super::AwsError;
use crate::engine::Progress;

/// A refusal that passes by itself.
#[derive(Debug, Clone, Copy)]
pub struct Passing {
    code: &'static str,
    /// A part of the message: the same codes also stand for failures that last.
    message: &'static str,
    /// What is waited for, as a person reads it.
    reason: &'static str,
    schedule: Schedule,
    limit: Duration,
}

/// How long to wait before each next try.
#[derive(Debug, Clone, Copy)]
enum Schedule {
    /// Propagation of IAM takes single-digit seconds, which doubling pauses would overshoot.
    Dense,
    /// For a change of the same resource to end.
    Busy,
}

const PASSING: &[Passing] = &[
    // IAM is eventually consistent: Lambda sees a new role seconds later.
    dense("InvalidParameterValueException", "cannot be assumed by Lambda", "the role to become assumable"),
    dense("InvalidParameterValueException", "execution role does not have permissions", "the role's policy to spread"),
    dense("InvalidParameterValueException", "KMS key is invalid for CreateGrant", "the role to be known to KMS"),
    dense("MalformedPolicyDocument", "Invalid principal in policy", "the principal to be known"),
    busy("ResourceConflictException", "An update is in progress", "an update of the function to end", 60),
    busy("ResourceConflictException", "currently in the following state: Pending", "the function to become active", 60),
    busy("ConcurrentModificationException", "", "another change to end", 60),
    busy("ConcurrentAccess", "", "another change of the topic's tags to end", 60),
    busy("OperationAbortedException", "try again", "another change of the log group to end", 60),
    busy("ResourceInUseException", "still in use", "another change of the table to end", 600),
    busy("ContinuousBackupsUnavailableException", "being enabled", "backups to be available", 60),
    busy("LimitExceededException", "simultaneously", "other tables to be finished", 600),
    busy("DeleteConflict", "must delete policies first", "the removal of the role's policies to spread", 30),
    busy("DeleteConflict", "must detach all policies first", "the removal of the role's policies to spread", 10),
    busy("ValidationException", "since it has targets", "the removal of the rule's targets to spread", 60),
    busy("QueueDeletedRecently", "", "SQS to free the queue's name", 70),
    busy("AWS.SimpleQueueService.QueueDeletedRecently", "", "SQS to free the queue's name", 70),
];

const fn dense(code: &'static str, message: &'static str, reason: &'static str) -> Passing {
    Passing { code, message, reason, schedule: Schedule::Dense, limit: Duration::from_secs(60) }
}

const fn busy(code: &'static str, message: &'static str, reason: &'static str, limit: u64) -> Passing {
    Passing { code, message, reason, schedule: Schedule::Busy, limit: Duration::from_secs(limit) }
}

impl Passing {
    /// The entry for an error, or `None` when trying again cannot help.
    pub fn of(error: &AwsError) -> Option<&'static Self> {
        PASSING.iter().find(|passing| error.code == passing.code && error.message.contains(passing.message))
    }
}

impl Schedule {
    fn pause(self, attempt: usize) -> Duration {
        let milliseconds: &[u64] = match self {
            // Each second of a longer pause is, on average, half a second that everybody waits for nothing.
            Self::Dense => &[250, 500, 500],
            Self::Busy => &[100, 200, 400, 800],
        };
        Duration::from_millis(milliseconds.get(attempt).copied().unwrap_or(1000))
    }
}

/// Calls until the answer is not a [`Passing`] refusal.
///
/// # Errors
/// A refusal that lasts, at once; a passing one when its limit is over.
pub async fn persist<T, F>(progress: &Progress, mut call: impl FnMut() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let start = tokio::time::Instant::now();
    let mut attempt = 0;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match Passing::of(&error) {
            Some(passing) if start.elapsed() < passing.limit => {
                progress.waiting(passing.reason);
                tokio::time::sleep(passing.schedule.pause(attempt)).await;
                attempt += 1;
            }
            _ => return Err(error),
        }
    }
}

/// Asks until there is an answer: after 50 ms, then slower, at least twice a second.
///
/// # Errors
/// What the question fails with, and `TimedOut` when `limit` is over.
pub async fn until<T, F>(
    progress: &Progress,
    what: &str,
    limit: Duration,
    mut question: impl FnMut() -> F,
) -> Result<T, AwsError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let start = tokio::time::Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        if let Some(answer) = question().await? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            let message = format!("waited {} s for {what}", limit.as_secs());
            return Err(AwsError::new("wait", "TimedOut", message));
        }
        progress.waiting(what);
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(500));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn refusal(code: &str, message: &str) -> AwsError {
        AwsError::new("lambda:CreateFunction", code, message)
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        for (code, message, passes) in [
            ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.", true),
            (
                "InvalidParameterValueException",
                "The function's execution role does not have permissions to call PutEvents on \
                 arn:aws:events:us-east-1:123456789012:event-bus/default",
                true,
            ),
            (
                "InvalidParameterValueException",
                "The provided execution role does not have permissions to call SendMessage on SQS",
                true,
            ),
            ("InvalidParameterValueException", "Timeout is out of range", false),
            ("ResourceConflictException", "Function already exist: x", false),
            (
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for resource: x",
                true,
            ),
            ("AccessDeniedException", "User is not authorized to perform: lambda:CreateFunction", false),
        ] {
            assert_eq!(Passing::of(&refusal(code, message)).is_some(), passes, "{code}: {message}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_refusal_ends_and_a_lasting_one_is_told_at_once() {
        let calls = AtomicUsize::new(0);
        let result = persist(&Progress::silent(), || async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(refusal("InvalidParameterValueException", "The role … cannot be assumed by Lambda.")),
                _ => Err::<(), _>(refusal("AccessDeniedException", "no")),
            }
        })
        .await;
        assert_eq!(result.map_err(|error| error.code), Err("AccessDeniedException".to_owned()));
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_ends_a_passing_refusal() {
        let start = tokio::time::Instant::now();
        let result = persist(&Progress::silent(), || async {
            Err::<(), _>(refusal("InvalidParameterValueException", "The role … cannot be assumed by Lambda."))
        })
        .await;
        assert!(result.is_err());
        assert!((60..64).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
