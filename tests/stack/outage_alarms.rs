//! The alarms on the queue of events while nothing can be recorded.

use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit, StateValue};

use crate::harness::{Aws, TestResult, World, eventually};

/// A minute takes 0.3 s: an outage of an hour is short enough to wait for, and a busy machine makes no gap of ten minutes.
const SCALE: f64 = 200.0;
/// An event comes back so long after it failed: the visibility timeout of its queue.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(180);
const OUTAGE: Duration = Duration::from_secs(3600);

fn scaled(duration: Duration) -> Duration {
    duration.div_f64(SCALE)
}

/// One event that fails every three minutes is counted once in three minutes.
#[tokio::test]
async fn one_event_that_cannot_be_recorded_keeps_an_alarm_on_for_as_long_as_it_fails() -> TestResult {
    let world = started().await?;
    let aws = world.aws().await?;
    let begin = Instant::now();
    not_recorded(&aws).await?;
    eventually("the alarm", async || Ok(is_on(&aws, "not-recorded").await?.then_some(()))).await?;
    let mut last = begin;
    while begin.elapsed() < scaled(OUTAGE) {
        if last.elapsed() >= scaled(BETWEEN_ATTEMPTS) {
            not_recorded(&aws).await?;
            last = Instant::now();
        }
        let minute = begin.elapsed().mul_f64(SCALE).as_secs() / 60;
        assert!(is_on(&aws, "not-recorded").await?, "it was off in minute {minute}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    eventually("the end of the alarm", async || Ok((!is_on(&aws, "not-recorded").await?).then_some(()))).await
}

/// No handler runs, so nothing counts what is not recorded: the event waits, or is in the hands of one that will crash.
#[tokio::test]
async fn an_event_that_no_handler_takes_raises_the_alarm_on_the_depth_also_while_it_is_in_flight() -> TestResult {
    let world = started().await?;
    let aws = world.aws().await?;
    let mappings = aws.lambda.list_event_source_mappings().function_name("devops-incident-handler").send().await?;
    let id = mappings.event_source_mappings().first().and_then(|mapping| mapping.uuid()).ok_or("no mapping")?;
    aws.lambda.update_event_source_mapping().uuid(id).enabled(false).send().await?;
    eventually("the mapping to be disabled", async || {
        let found = aws.lambda.get_event_source_mapping().uuid(id).send().await?;
        Ok((found.state() == Some("Disabled")).then_some(()))
    })
    .await?;
    let url = aws.sqs.get_queue_url().queue_name("devops-events").send().await?.queue_url.ok_or("no URL")?;
    let begin = Instant::now();
    aws.sqs.send_message().queue_url(&url).message_body("{}").send().await?;
    eventually("the alarm", async || Ok(is_on(&aws, "events-depth").await?.then_some(()))).await?;
    assert!(begin.elapsed() >= scaled(Duration::from_secs(6 * 60)), "a backlog of some minutes is no alarm");

    let taken = aws.sqs.receive_message().queue_url(&url).visibility_timeout(43_200).send().await?;
    let receipt = taken.messages().first().and_then(|message| message.receipt_handle()).ok_or("no message")?;
    let taken = Instant::now();
    while taken.elapsed() < scaled(OUTAGE / 3) {
        assert!(is_on(&aws, "events-depth").await?, "it is off although an event is in flight");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    aws.sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await?;
    eventually("the end of the alarm", async || Ok((!is_on(&aws, "events-depth").await?).then_some(()))).await
}

/// A stack without sweeps, which would be many at this speed.
async fn started() -> TestResult<World> {
    let world = World::new()?;
    world.run(&["local", "start", "--time-scale", &SCALE.to_string()]).await?.succeeded()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    world.run(&["up", "--local", "--yes"]).await?.succeeded()?;
    Ok(world)
}

/// What the handler's log line counts.
async fn not_recorded(aws: &Aws) -> TestResult {
    let stack = Dimension::builder().name("Stack").value("devops").build();
    let one = MetricDatum::builder().metric_name("NotRecorded").dimensions(stack).unit(StandardUnit::Count).value(1.0);
    aws.cloudwatch.put_metric_data().namespace("incidentctl").metric_data(one.build()).send().await?;
    Ok(())
}

async fn is_on(aws: &Aws, alarm: &str) -> TestResult<bool> {
    let found = aws.cloudwatch.describe_alarms().alarm_names(format!("devops-{alarm}")).send().await?;
    let state = found.metric_alarms().first().and_then(|alarm| alarm.state_value()).ok_or("no alarm")?;
    Ok(*state == StateValue::Alarm)
}
