//! A failure that cannot be handled ends in a queue that raises an alarm.

use aws_sdk_sqs::types::QueueAttributeName;

use super::bus;
use super::stack::{EVENTS, HANDLER, Stack};
use crate::harness::{TestResult, eventually};

/// A minute lasts a second: long enough for a command, short enough to wait for.
const FAST: &str = "60";

#[tokio::test]
async fn guarantee_1_what_cannot_reach_the_handler_waits_in_a_queue_that_raises_an_alarm() -> TestResult {
    let stack = Stack::new(FAST).await?;
    // Nothing may send to the queue of events.
    let nothing = stack.aws.sqs.set_queue_attributes().queue_url(stack.queue(EVENTS).await?);
    nothing.attributes(QueueAttributeName::Policy, "").send().await?;
    bus::put(&stack.aws, &[bus::failure("orders", 1)]).await?;
    stack.until_queued("devops-rule-dlq", 1).await?;
    // Nothing reaches the handler, so the mail came another way.
    stack.until_mailed("ALARM: \"devops-rule-dlq-depth\"", "").await?;
    assert!(stack.incidents().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn guarantee_6_without_the_table_people_hear_of_it_and_guarantee_1_nothing_is_lost() -> TestResult {
    let stack = Stack::new(FAST).await?;
    let policy = stack.forbid("dynamodb").await?;
    bus::put(&stack.aws, &[bus::failure("orders", 1), bus::failure("payments", 2)]).await?;
    let body = stack.until_mailed("NOT RECORDED: ", "AccessDenied").await?;
    assert!(body.contains("kept in the queue of events"), "{body}");
    stack.until_mailed("ALARM: \"devops-not-recorded\"", "").await?;
    // A quarter of an hour: the alarm outlasts the minutes between two attempts.
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(15) {
        assert_eq!(stack.alarm_state("devops-not-recorded").await?, "ALARM");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(stack.incidents().await?.is_empty());
    assert_eq!((stack.waiting(EVENTS).await?, stack.aws.depth("devops-handler-dlq").await?), (2, 0));

    // Once the table is reachable again, the queue drains by itself.
    stack.allow(&policy).await?;
    let incidents = eventually("the incidents in the index", async || {
        Ok(Some(stack.incidents().await?).filter(|incidents| incidents.len() == 2))
    })
    .await?;
    eventually("an empty queue of events", async || Ok((stack.waiting(EVENTS).await? == 0).then_some(()))).await?;
    assert!(incidents.iter().all(|one| one.occurrences == 1), "{incidents:?}");
    for incident in &incidents {
        stack.until_mailed("[MEDIUM]", &incident.incident_id).await?;
    }
    assert_eq!(stack.aws.depth("devops-handler-dlq").await?, 0);
    eventually("the end of the alarm", async || {
        Ok((stack.alarm_state("devops-not-recorded").await? == "OK").then_some(()))
    })
    .await
}

/// Every handler that starts mails once what it could not record, and not at every attempt.
#[tokio::test]
async fn guarantee_6_an_outage_with_many_attempts_sends_few_mails() -> TestResult {
    // Messages come back every three seconds.
    let stack = Stack::new(FAST).await?;
    let policy = stack.forbid("dynamodb").await?;
    bus::put(&stack.aws, &(0..40).map(|number| bus::failure("orders", number)).collect::<Vec<_>>()).await?;
    stack.until_mailed("NOT RECORDED: ", "orders").await?;
    eventually("many attempts", async || Ok((stack.metric("Invocations").await? > 40.0).then_some(()))).await?;
    let mailed = stack.aws.alerts()?.iter().filter(|mail| mail.subject.starts_with("NOT RECORDED")).count();
    // Ten handlers at most for the queue, and one for the sweep.
    assert!((1..=11).contains(&mailed), "{mailed} mails");
    stack.allow(&policy).await?;
    eventually("all failures in one incident", async || {
        let incidents = stack.incidents().await?;
        Ok((incidents.len() == 1 && incidents[0].occurrences == 40).then_some(()))
    })
    .await
}

#[tokio::test]
async fn guarantee_7_the_failures_of_the_handler_do_not_come_back_to_it() -> TestResult {
    let stack = Stack::new(FAST).await?;
    // Once by the rule, with every kind of failure the bus can carry …
    let own = bus::failure(HANDLER, 1);
    bus::put(&stack.aws, &[own.clone(), bus::failure("orders", 2)]).await?;
    eventually("the failure of another function", async || Ok((stack.incidents().await?.len() == 1).then_some(())))
        .await?;
    // … and once by the handler, should a rule let it through.
    let event = bus::event("own", &own);
    let (is_handled, answer) = stack.invoke(&event.to_string()).await?;
    assert!(is_handled, "{answer}");
    // A message that it cannot read is put away and creates no incident.
    stack.enqueue(&["[]"]).await?;
    stack.until_queued("devops-handler-dlq", 1).await?;
    let resources: Vec<_> = stack.incidents().await?.into_iter().map(|one| one.resource).collect();
    assert_eq!(resources, ["orders"]);
    let log = stack.log().await?;
    assert_eq!(log.matches("a failure of the alert path itself").count(), 1, "{log}");
    assert!(log.contains("no event"), "the failure is not in the log: {log}");
    Ok(())
}
