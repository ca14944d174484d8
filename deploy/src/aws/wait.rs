//! Retries of transient errors: which ones, how often, and for how long, as data.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::AwsError;
use crate::progress::Progress;

/// A transient error.
#[derive(Debug, Clone, Copy)]
pub struct Transient {
    code: &'static str,
    /// A part of the message: the same codes also mark permanent failures.
    message: &'static str,
    /// What the retry waits for, as shown to the user.
    reason: &'static str,
    schedule: Schedule,
    limit: Duration,
}

/// The pauses between attempts.
#[derive(Debug, Clone, Copy)]
enum Schedule {
    /// For IAM propagation, which takes single-digit seconds that doubling pauses would overshoot.
    Dense,
    /// For another change to the same resource to finish.
    Busy,
}

const TRANSIENT: &[Transient] = &[
    // IAM is eventually consistent: Lambda sees a new role seconds later.
    dense("InvalidParameterValueException", "cannot be assumed by Lambda", "Lambda to be able to assume the role"),
    dense(
        "InvalidParameterValueException",
        "execution role does not have permissions",
        "the role's policy to propagate",
    ),
    dense("InvalidParameterValueException", "KMS key is invalid for CreateGrant", "the role to reach KMS"),
    dense("MalformedPolicyDocument", "Invalid principal in policy", "the principal to propagate"),
    busy("ResourceConflictException", "An update is in progress", "an update of the function to finish", 60),
    busy("ResourceConflictException", "currently in the following state: Pending", "the function to become active", 60),
    busy("ConcurrentModificationException", "", "another change to finish", 60),
    busy("ConcurrentAccess", "", "another change to the topic's tags to finish", 60),
    busy("OperationAbortedException", "try again", "another change to the log group to finish", 60),
    busy("ResourceInUseException", "still in use", "another change to the table to finish", 600),
    busy("ContinuousBackupsUnavailableException", "being enabled", "backups to be available", 60),
    busy("LimitExceededException", "simultaneously", "other tables to be finished", 600),
    busy("DeleteConflict", "must delete policies first", "the removal of the role's policies to propagate", 30),
    busy("DeleteConflict", "must detach all policies first", "the removal of the role's policies to propagate", 10),
    busy("ValidationException", "since it has targets", "the removal of the rule's targets to propagate", 60),
    busy("QueueDeletedRecently", "", "SQS to free the queue's name", 70),
    busy("AWS.SimpleQueueService.QueueDeletedRecently", "", "SQS to free the queue's name", 70),
];

const fn dense(code: &'static str, message: &'static str, reason: &'static str) -> Transient {
    Transient { code, message, reason, schedule: Schedule::Dense, limit: Duration::from_secs(60) }
}

const fn busy(code: &'static str, message: &'static str, reason: &'static str, limit: u64) -> Transient {
    Transient { code, message, reason, schedule: Schedule::Busy, limit: Duration::from_secs(limit) }
}

/// How long, in seconds, a change may take to propagate through AWS. SQS asks for one, IAM takes several; Terraform's
/// AWS provider waits up to two minutes.
const PROPAGATION: u64 = 30;
/// "Does not exist" from a resource that this run creates or changes.
const NOT_PROPAGATED: Transient = busy("", "", "what was just created to propagate", PROPAGATION);
const UNREADY: Transient = busy("", "", "what was just created or changed to be ready", PROPAGATION);

impl Transient {
    /// The entry for an error, or `None` when a retry cannot help.
    pub fn of(error: &AwsError) -> Option<&'static Self> {
        TRANSIENT.iter().find(|transient| error.is(transient.code) && error.message.contains(transient.message))
    }

    /// The same for an error about a resource that this run creates or changes, for which absence and unreadiness are
    /// transient.
    pub fn of_new(error: &AwsError) -> Option<&'static Self> {
        Self::of(error).or_else(|| match (error.says_absent(), error.says_unready()) {
            (true, _) => Some(&NOT_PROPAGATED),
            (false, true) => Some(&UNREADY),
            (false, false) => None,
        })
    }
}

impl Schedule {
    fn pause(self, attempt: usize) -> Duration {
        let milliseconds: &[u64] = match self {
            // Half of every extra second of pause is, on average, wasted.
            Self::Dense => &[250, 500, 500],
            Self::Busy => &[100, 200, 400, 800],
        };
        Duration::from_millis(milliseconds.get(attempt).copied().unwrap_or(1000))
    }
}

/// Calls until the outcome is not a [`Transient`] error.
///
/// # Errors
/// A permanent error at once; a transient one after its limit.
pub async fn retry<T, F>(progress: &Progress, call: impl FnMut() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    repeat(progress, Transient::of, call).await
}

/// Runs work that creates or changes a resource, and repeats it while AWS reports that resource as absent or not ready;
/// `is_about_it` decides whether an error may concern it. The work must be idempotent.
///
/// # Errors
/// Those of [`retry`]; an error about anything else, at once.
pub async fn retry_on_new<T, F>(
    progress: &Progress,
    is_about_it: impl Fn(&AwsError) -> bool,
    work: impl FnMut() -> F,
) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let transient = |error: &AwsError| match is_about_it(error) {
        true => Transient::of_new(error),
        false => Transient::of(error),
    };
    repeat(progress, transient, work).await
}

/// Each error has a limit of its own, counted from its first occurrence: work makes many calls, with long waits
/// between.
async fn repeat<T, F>(
    progress: &Progress,
    transient: impl Fn(&AwsError) -> Option<&'static Transient>,
    mut work: impl FnMut() -> F,
) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let mut met: BTreeMap<(String, &str), (Instant, usize)> = BTreeMap::new();
    loop {
        let mut error = match work().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(transient) = transient(&error).filter(|_| !error.retries_exhausted) else { return Err(error) };
        let (first, attempt) = met.entry((error.call.clone(), transient.reason)).or_insert((Instant::now(), 0));
        if first.elapsed() >= transient.limit {
            error.retries_exhausted = true;
            return Err(error);
        }
        progress.waiting(transient.reason);
        tokio::time::sleep(transient.schedule.pause(*attempt)).await;
        *attempt += 1;
    }
}

/// Polls until there is a result: after 50 ms, then less often, at least twice a second.
///
/// # Errors
/// The error of the poll, or `TimedOut` after `limit`.
pub async fn until<T, F>(
    progress: &Progress,
    what: &str,
    limit: Duration,
    mut question: impl FnMut() -> F,
) -> Result<T, AwsError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let start = Instant::now();
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

    fn failure(code: &str, message: &str) -> AwsError {
        AwsError::new("lambda:CreateFunction", code, message)
    }

    #[test]
    fn only_transient_errors_are_retried() {
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
            assert_eq!(Transient::of(&failure(code, message)).is_some(), passes, "{code}: {message}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_error_is_retried_and_a_permanent_one_returned_at_once() {
        let calls = AtomicUsize::new(0);
        let result = retry(&Progress::silent(), || async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(failure("InvalidParameterValueException", "The role … cannot be assumed by Lambda.")),
                _ => Err::<(), _>(failure("AccessDeniedException", "no")),
            }
        })
        .await;
        assert_eq!(result.map_err(|error| error.code), Err("AccessDeniedException".to_owned()));
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_end_at_the_limit() {
        let start = Instant::now();
        let result = retry(&Progress::silent(), || async {
            Err::<(), _>(failure("InvalidParameterValueException", "The role … cannot be assumed by Lambda."))
        })
        .await;
        assert!(result.is_err_and(|error| error.retries_exhausted));
        assert!((60..64).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }

    /// How long work takes whose first seconds fail, and its result.
    async fn refused_for(seconds: u64, code: &str, is_about_it: bool) -> (u64, Result<(), String>) {
        let start = Instant::now();
        let end = start + Duration::from_secs(seconds);
        let work = || async { if Instant::now() < end { Err(failure(code, "")) } else { Ok(()) } };
        let result = retry_on_new(&Progress::silent(), |_| is_about_it, work).await;
        (start.elapsed().as_secs(), result.map_err(|error| error.code))
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_run_created_may_be_absent_or_unready_for_half_a_minute() {
        for code in ["NoSuchEntity", "AWS.SimpleQueueService.NonExistentQueue", "OperationAborted", "ResourceInUse"] {
            let (seconds, result) = refused_for(5, code, true).await;
            assert!(result.is_ok() && (5..7).contains(&seconds), "{code}: {seconds} s, {result:?}");
            let (seconds, result) = refused_for(3600, code, true).await;
            assert_eq!(result, Err(code.to_owned()));
            assert!((30..33).contains(&seconds), "{code}: {seconds} s");
            assert_eq!(refused_for(5, code, false).await, (0, Err(code.to_owned())), "of others it lasts");
        }
        assert_eq!(refused_for(5, "AccessDenied", true).await, (0, Err("AccessDenied".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn exhausted_retries_are_not_repeated() {
        let start = Instant::now();
        let call = || async { Err::<(), _>(failure("ConcurrentModificationException", "")) };
        let silent = Progress::silent();
        let result = retry_on_new(&silent, |_| true, || retry(&silent, call)).await;
        assert!(result.is_err());
        assert!((60..64).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
