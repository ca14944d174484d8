//! Hundreds of failures of one function, while something that the alert path needs is away for ten minutes: all heals by
//! itself, with few mails.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, StateValue, Statistic};
use incident_model::Incident;
use serde_json::{Value, json};

use super::bus;
use super::stack::{EVENTS, HANDLER, Stack};
use crate::harness::{Control, TestResult, eventually};

/// Ten minutes are twenty seconds, and a message comes back after six: far more than a handler's cold start takes.
const SCALE: u32 = 30;
const OUTAGE: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);
/// The mapping's maximum, and those that sweep: at this scale one begins every two seconds, and what no alert depends on may
/// take ten.
const HANDLERS: usize = 10 + 5;
/// Timeout for each failure sent, far above what handling one takes on a busy machine.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    /// The table throttles what counts failures.
    Transactions,
    /// The table throttles everything.
    Table,
    /// The topic takes no message.
    Topic,
    /// The handler may not use the table.
    Role,
    /// Lambda does not invoke the handler.
    Handler,
    /// No message can be received.
    Receiving,
    /// No message can be deleted.
    Deleting,
}

impl Away {
    /// The fault rule of an outage that a service causes.
    fn rule(self) -> Option<Value> {
        let (service, operation) = match self {
            Self::Transactions => ("dynamodb", Some("TransactWriteItems")),
            Self::Table => ("dynamodb", None),
            Self::Topic => ("sns", Some("Publish")),
            Self::Receiving => ("sqs", Some("ReceiveMessage")),
            Self::Deleting => ("sqs", Some("DeleteMessageBatch")),
            Self::Role | Self::Handler => return None,
        };
        let caller = format!("{HANDLER}-us-east-1");
        Some(json!([{ "service": service, "operation": operation, "caller": caller, "action": "throttle" }]))
    }

    async fn begin(self, stack: &Stack) -> TestResult<String> {
        match self {
            Self::Role => return stack.forbid("dynamodb").await,
            Self::Handler => {
                let none = stack.aws.lambda.put_function_concurrency().function_name(HANDLER);
                none.reserved_concurrent_executions(0).send().await?;
            }
            _ => {
                let rule = self.rule().ok_or("no rule")?.to_string();
                Control::of(&stack.aws).await?.call("PUT", "faults", &rule).await?;
            }
        }
        Ok(String::new())
    }

    async fn end(self, stack: &Stack, policy: &str) -> TestResult {
        match self {
            Self::Role => stack.allow(policy).await?,
            Self::Handler => {
                stack.aws.lambda.delete_function_concurrency().function_name(HANDLER).send().await?;
            }
            _ => _ = Control::of(&stack.aws).await?.call("PUT", "faults", "[]").await?,
        }
        Ok(())
    }

    /// Whether the failures are counted meanwhile.
    fn counts(self) -> bool {
        matches!(self, Self::Topic | Self::Deleting)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_transactions_that_are_throttled_for_ten_minutes_lose_and_double_nothing() -> TestResult {
    survived(Away::Transactions).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_a_table_that_is_throttled_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Table).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_a_topic_that_is_throttled_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Topic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_a_role_that_is_denied_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Role).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_a_handler_that_is_throttled_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Handler).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_1_a_queue_that_is_not_received_from_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Receiving).await
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_2_a_queue_that_nothing_is_deleted_from_for_ten_minutes_loses_and_doubles_nothing() -> TestResult {
    survived(Away::Deleting).await
}

/// The alarm outlasts the three minutes between two attempts.
#[tokio::test(flavor = "multi_thread")]
async fn guarantee_6_one_event_and_an_hour_without_the_table_and_an_alarm_is_on_all_the_time() -> TestResult {
    // An hour is forty seconds, and the event comes back after two.
    let scale = 90;
    let stack = Stack::new(&scale.to_string()).await?;
    let policy = stack.forbid("dynamodb").await?;
    let began = Instant::now();
    bus::put(&stack.aws, &[bus::failure("orders", 1)]).await?;
    stack.until_mailed("ALARM: \"devops-not-recorded\"", "").await?;
    while began.elapsed() < HOUR / scale {
        let minute = (began.elapsed() * scale).as_secs() / 60;
        assert!(is_on(&stack, "devops-not-recorded").await?, "it is off in minute {minute}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stack.waiting(EVENTS).await?, 1);
    stack.allow(&policy).await?;
    until_counted(&stack, 1).await?;
    eventually("the end of the alarm", async || Ok((!is_on(&stack, "devops-not-recorded").await?).then_some(()))).await
}

async fn is_on(stack: &Stack, alarm: &str) -> TestResult<bool> {
    let answer = stack.aws.cloudwatch.describe_alarms().alarm_names(alarm).send().await?;
    let state = answer.metric_alarms().first().and_then(|alarm| alarm.state_value());
    Ok(*state.ok_or("no alarm")? == StateValue::Alarm)
}

/// `INCIDENTCTL_TEST_STORM=1` sends two thousand failures.
async fn survived(away: Away) -> TestResult {
    let is_whole = std::env::var("INCIDENTCTL_TEST_STORM").is_ok_and(|value| value == "1");
    let count: u32 = if is_whole { 2_000 } else { 200 };
    let stack = Stack::new(&SCALE.to_string()).await?;
    let policy = away.begin(&stack).await?;
    let began = Instant::now();
    bus::put(&stack.aws, &(0..count as usize).map(|number| bus::failure("orders", number)).collect::<Vec<_>>()).await?;
    tokio::time::sleep((OUTAGE / SCALE).saturating_sub(began.elapsed())).await;
    meanwhile(&stack, away, count).await?;
    away.end(&stack, &policy).await?;

    until_counted(&stack, count).await?;
    assert_eq!((stack.aws.depth("devops-handler-dlq").await?, stack.aws.depth("devops-rule-dlq").await?), (0, 0));
    let most = most_at_once(&stack).await?;
    assert!(most <= HANDLERS as f64, "{most} handlers at once");
    few_mails(&stack, began.elapsed()).await
}

/// The outage was one. What counts goes on counting: on a slow machine the outage lasts until all is counted.
async fn meanwhile(stack: &Stack, away: Away, count: u32) -> TestResult {
    let began = Instant::now();
    let mut incidents = stack.incidents().await?;
    let counted = |incidents: &[Incident]| incidents.iter().map(|one| one.occurrences).sum::<u64>();
    while away.counts() && counted(&incidents) < u64::from(count) && began.elapsed() < PATIENCE * count {
        tokio::time::sleep(Duration::from_millis(500)).await;
        incidents = stack.incidents().await?;
    }
    if away.counts() {
        assert_eq!(counted(&incidents), u64::from(count));
    } else {
        assert!(incidents.is_empty(), "{incidents:?}");
    }
    match away {
        Away::Topic => assert!(incidents.iter().all(|one| one.notified_at.is_none()), "{incidents:?}"),
        _ => assert_eq!(stack.waiting(EVENTS).await?, count),
    }
    Ok(())
}

/// Waits until one incident counts every failure and is mailed, and the queue is empty.
async fn until_counted(stack: &Stack, count: u32) -> TestResult {
    let (began, patience) = (Instant::now(), PATIENCE * count + Duration::from_secs(60));
    loop {
        let (incidents, waiting) = (stack.incidents().await?, stack.waiting(EVENTS).await?);
        let counts: Vec<u64> = incidents.iter().map(|one| one.occurrences).collect();
        let is_mailed = incidents.iter().all(|one| one.notified_at.is_some() && one.due.is_none());
        if counts == [u64::from(count)] && is_mailed && waiting == 0 {
            return Ok(());
        }
        if began.elapsed() > patience {
            return Err(format!("{counts:?} of {count} counted, {waiting} wait: {incidents:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Each notice once, one mail of each handler in a minute without the table, and an address that still gets mail. The
/// handlers' minutes are real ones.
async fn few_mails(stack: &Stack, elapsed: Duration) -> TestResult {
    let alerts = stack.aws.alerts()?;
    let (unrecorded, others): (Vec<_>, Vec<_>) =
        alerts.iter().map(|mail| &mail.subject).partition(|subject| subject.starts_with("NOT RECORDED"));
    let minutes = usize::try_from(elapsed.as_secs() / 60)? + 1;
    assert!(unrecorded.len() <= HANDLERS * minutes, "{unrecorded:?} in {minutes} minutes");
    let incidents: Vec<_> = others.into_iter().filter(|subject| subject.contains("orders")).collect();
    let distinct: BTreeSet<_> = incidents.iter().collect();
    assert!(!incidents.is_empty() && incidents.len() == distinct.len(), "not once each: {incidents:?} of {alerts:#?}");
    let topic = stack.aws.arn("sns", "devops-alerts");
    let subscriptions = stack.aws.sns.list_subscriptions_by_topic().topic_arn(topic).send().await?;
    let arns: Vec<_> = subscriptions.subscriptions().iter().filter_map(|one| one.subscription_arn()).collect();
    assert!(arns.len() == 1 && arns[0].starts_with("arn:"), "{arns:?}: {alerts:?}");
    Ok(())
}

/// The largest number of handlers at once.
pub(super) async fn most_at_once(stack: &Stack) -> TestResult<f64> {
    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs())?;
    let handler = Dimension::builder().name("FunctionName").value(HANDLER).build();
    let most = stack.aws.cloudwatch.get_metric_statistics().namespace("AWS/Lambda").dimensions(handler);
    let most = most.metric_name("ConcurrentExecutions").statistics(Statistic::Maximum).period(3600);
    let most = most.start_time(DateTime::from_secs(now - 7200)).end_time(DateTime::from_secs(now + 3600));
    let points = most.send().await?.datapoints.unwrap_or_default();
    Ok(points.iter().filter_map(|point| point.maximum()).fold(0.0, f64::max))
}
