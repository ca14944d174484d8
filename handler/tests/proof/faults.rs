//! Each call that the handler makes, broken in each way.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::time::Instant;

use incident_local::gateway::RecordedCall;
use incident_local::gateway::faults::{Action, Rule};
use tokio::task::JoinSet;

use crate::account::{ATTEMPTS, Account, TestResult};
use crate::situation::Situation;

/// Cases at a time: more than processors, because a part of them is waiting.
const AT_ONCE: usize = 6;
/// One of this many cases runs, unless `INCIDENTCTL_TEST_FAULTS` sets another number. It is coprime to the number of
/// attacks, so that consecutive calls meet different attacks.
const SPREAD: usize = 5;
/// Attempts of a throttled handler.
const DECISIONS: u64 = 5;
/// Answers with unprocessed keys until a lookup gives up.
const ANSWERS: u64 = 5;

/// A call that the handler makes.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    service: String,
    operation: String,
    /// Which of the calls of this operation, from 1.
    ordinal: u64,
    /// Whether a mail was accepted before it, or by it.
    follows_mail: bool,
}

impl Point {
    /// The calls of a recording.
    pub(crate) fn all(calls: &[RecordedCall]) -> Vec<Self> {
        let mut seen = BTreeMap::new();
        let mut follows_mail = false;
        calls
            .iter()
            .map(|call| {
                let key = (call.service.clone(), call.operation.clone());
                let ordinal = *seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1_u64);
                follows_mail |= call.operation == "Publish";
                Self { service: key.0, operation: key.1, ordinal, follows_mail }
            })
            .collect()
    }

    pub(crate) fn rule(&self, action: Action, times: u64) -> Rule {
        Rule {
            service: Some(self.service.clone()),
            operation: Some(self.operation.clone()),
            resource: None,
            caller: None,
            call: Some(self.ordinal),
            times: Some(times),
            milliseconds: None,
            action,
        }
    }

    fn is_publish(&self) -> bool {
        self.operation == "Publish"
    }

    /// Whether the handler cannot know that a mail went out, or that the failure is in the table and will be mailed,
    /// when nothing more is heard of this call.
    pub(crate) fn may_repeat(&self, took_effect: bool) -> bool {
        took_effect || (self.follows_mail && !self.is_publish())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{} {}", self.service, self.operation, self.ordinal)
    }
}

/// The fault of a call. Persistent ones last for all attempts of the SDK; cancelled transactions also for all attempts of
/// the handler, and unprocessed keys for those of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Throttled,
    OverThroughput,
    InternalError,
    Conflict,
    CancelledByThrottle,
    CancelledAsInvalid,
    PartlyAnswered,
    LeftUnanswered,
    Denied,
    Missing,
    DropBefore,
    DropAfterOnce,
    DropAfter,
    HangBefore,
    HangAfterOnce,
    HangAfter,
}

impl Fault {
    const ALL: [Self; 16] = [
        Self::Throttled,
        Self::OverThroughput,
        Self::InternalError,
        Self::Conflict,
        Self::CancelledByThrottle,
        Self::CancelledAsInvalid,
        Self::PartlyAnswered,
        Self::LeftUnanswered,
        Self::Denied,
        Self::Missing,
        Self::DropBefore,
        Self::DropAfterOnce,
        Self::DropAfter,
        Self::HangBefore,
        Self::HangAfterOnce,
        Self::HangAfter,
    ];

    /// Whether the service can fail this way.
    fn concerns(self, call: &Point) -> bool {
        let writes = !["Get", "BatchGet", "Query"].iter().any(|verb| call.operation.starts_with(verb));
        match self {
            Self::OverThroughput => call.service == "dynamodb",
            Self::Conflict => call.service == "dynamodb" && writes,
            Self::CancelledByThrottle | Self::CancelledAsInvalid => call.operation == "TransactWriteItems",
            Self::PartlyAnswered | Self::LeftUnanswered => call.operation == "BatchGetItem",
            Self::DropAfterOnce | Self::DropAfter | Self::HangAfterOnce | Self::HangAfter => writes,
            _ => true,
        }
    }

    fn rule(self, call: &Point) -> Rule {
        let (action, times) = match self {
            Self::Throttled => (Action::Throttle, ATTEMPTS),
            Self::OverThroughput => (error("ProvisionedThroughputExceededException", 400), ATTEMPTS),
            Self::InternalError => (Action::InternalError, ATTEMPTS),
            Self::Conflict if call.operation == "TransactWriteItems" => (error("TransactionCanceledException", 400), 1),
            Self::Conflict => (error("TransactionConflictException", 400), 1),
            Self::CancelledByThrottle => (cancel(&["None", "ThrottlingError"]), DECISIONS),
            Self::CancelledAsInvalid => (cancel(&["None", "ValidationError"]), 1),
            Self::PartlyAnswered => (Action::Unprocessed, 1),
            Self::LeftUnanswered => (Action::Unprocessed, ANSWERS),
            Self::Denied if call.service == "sns" => (error("AuthorizationError", 403), 1),
            Self::Denied => (error("AccessDeniedException", 400), 1),
            Self::Missing if call.service == "sns" => (error("NotFound", 404), 1),
            Self::Missing => (error("ResourceNotFoundException", 400), 1),
            Self::DropBefore => (Action::DropBefore, ATTEMPTS),
            Self::DropAfterOnce => (Action::DropAfter, 1),
            Self::DropAfter => (Action::DropAfter, ATTEMPTS),
            Self::HangBefore => (Action::HangBefore, ATTEMPTS),
            Self::HangAfterOnce => (Action::HangAfter, 1),
            Self::HangAfter => (Action::HangAfter, ATTEMPTS),
        };
        call.rule(action, times)
    }

    fn hangs(self) -> bool {
        matches!(self, Self::HangBefore | Self::HangAfterOnce | Self::HangAfter)
    }

    /// Whether a mail may be sent twice. After a lost response the SDK retries; DynamoDB recognises a transaction by
    /// its token, SNS has nothing like that.
    fn may_repeat(self, call: &Point) -> bool {
        match self {
            Self::DropAfter | Self::HangAfter => true,
            Self::DropAfterOnce | Self::HangAfterOnce => call.may_repeat(call.is_publish()),
            _ => call.may_repeat(false),
        }
    }
}

fn cancel(reasons: &[&str]) -> Action {
    Action::Cancel { reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect() }
}

fn error(code: &str, status: u16) -> Action {
    Action::Error { code: code.to_owned(), message: "as the test asks".to_owned(), status }
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantees_2_3_4_hold_whichever_call_is_broken_in_whichever_way() -> TestResult {
    let start = Instant::now();
    let mut cases = Vec::new();
    for situation in Situation::ALL {
        for call in recorded(situation).await? {
            let faults = Fault::ALL.into_iter().filter(|fault| fault.concerns(&call));
            cases.extend(faults.map(|fault| (situation, call.clone(), fault)));
        }
    }
    let total = cases.len();
    let mut waiting = share(cases).into_iter();
    let (mut met, mut not_met, mut problems) = (0, 0, Vec::new());
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE {
            let Some((situation, call, fault)) = waiting.next() else { break };
            running.spawn(async move {
                let result = meet(situation, &call, fault).await;
                result.map_err(|problem| format!("{situation:?}: {fault:?} at {call}: {problem}"))
            });
        }
        let Some(ended) = running.join_next().await else { break };
        match ended? {
            Ok(true) => met += 1,
            Ok(false) => not_met += 1,
            Err(problem) => problems.push(problem),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    writeln!(std::io::stderr(), "{met} of {total} faults in {seconds:.0} s, {not_met} not met")?;
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
    assert!(not_met <= met / 5, "{not_met} faults were not met");
    Ok(())
}

/// The handler's calls in a situation without a fault.
pub(crate) async fn recorded(situation: Situation) -> TestResult<Vec<Point>> {
    let account = Account::new().await?;
    situation.prepare(&account).await?;
    account.aws.forget_calls();
    account.delivered_by_lambda(&account.handler()?, &situation.event()).await?;
    let points = Point::all(&account.aws.calls());
    situation.check(&account, false).await.map_err(|problem| format!("{situation:?} without a fault: {problem}"))?;
    Ok(points)
}

/// The cases of this run.
pub(crate) fn share<T>(cases: Vec<T>) -> Vec<T> {
    let chosen = std::env::var("INCIDENTCTL_TEST_FAULTS").ok();
    let step = chosen.and_then(|step| step.parse().ok()).unwrap_or(SPREAD);
    cases.into_iter().step_by(step).collect()
}

/// Whether the call was made at all; a sweep skips what an index does not show yet.
async fn meet(situation: Situation, call: &Point, fault: Fault) -> TestResult<bool> {
    let account = Account::new().await?;
    situation.prepare(&account).await?;
    let handler = if fault.hangs() { account.hurried_handler()? } else { account.handler()? };
    account.aws.set_faults(vec![fault.rule(call)]);
    let delivered = account.delivered_by_lambda(&handler, &situation.event()).await;
    let is_met = account.aws.faults().iter().any(|(rule, seen)| Some(*seen) >= rule.call);
    account.aws.set_faults(Vec::new());
    delivered.map_err(|error| format!("ended in the queue: {error}"))?;
    situation.check(&account, fault.may_repeat(call)).await?;
    Ok(is_met)
}
