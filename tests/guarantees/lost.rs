//! A failure that cannot be handled ends in a queue that raises an alarm.

use serde_json::json;

use super::bus;
use super::stack::{HANDLER, Stack};
use crate::harness::{TestResult, eventually};

/// A minute lasts a second: long enough for a command, short enough to wait for.
const FAST: &str = "60";

#[tokio::test]
async fn guarantee_1_what_cannot_reach_the_handler_waits_in_a_queue_that_raises_an_alarm() -> TestResult {
    let stack = Stack::new(FAST).await?;
    let policy = stack.aws.lambda.get_policy().function_name(HANDLER).send().await?;
    let policy: serde_json::Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        let id = statement["Sid"].as_str().ok_or("a statement without an id")?;
        stack.aws.lambda.remove_permission().function_name(HANDLER).statement_id(id).send().await?;
    }
    bus::put(&stack.aws, &[bus::failure("orders", 1)]).await?;
    stack.until_queued("devops-rule-dlq", 1).await?;
    // Nothing may invoke the handler, so the mail came another way.
    stack.until_mailed("ALARM: \"devops-rule-dlq-depth\"", "").await?;
    assert!(stack.incidents().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn guarantee_6_without_the_table_people_hear_of_it_and_guarantee_1_nothing_is_lost() -> TestResult {
    let stack = Stack::new(FAST).await?;
    let policy = stack.forbid("dynamodb").await?;
    let ids = bus::put(&stack.aws, &[bus::failure("orders", 1)]).await?;
    stack.until_mailed("[MEDIUM]", "NOT RECORDED").await?;
    stack.until_queued("devops-handler-dlq", 1).await?;
    stack.until_mailed("ALARM: \"devops-handler-dlq-depth\"", "").await?;
    assert!(stack.incidents().await?.is_empty());

    // Once the table is reachable again, the queue is redriven.
    stack.allow(&policy).await?;
    let url = stack.aws.sqs.get_queue_url().queue_name("devops-handler-dlq").send().await?.queue_url.ok_or("no URL")?;
    let message = stack.aws.sqs.receive_message().queue_url(url).send().await?.messages.unwrap_or_default().pop();
    let body = message.and_then(|message| message.body).ok_or("the queue is empty")?;
    assert!(body.contains(&ids[0]), "{body}");
    let record = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": body}]}).to_string();
    eventually("the failure in the table", async || {
        let (_, answer) = stack.invoke(&record).await?;
        Ok((answer["events"] == 1).then_some(()))
    })
    .await?;
    let incidents = eventually("the incident in the index", async || {
        Ok(Some(stack.incidents().await?).filter(|incidents| !incidents.is_empty()))
    })
    .await?;
    let seen: Vec<_> = incidents.iter().map(|one| (one.resource.as_str(), one.occurrences)).collect();
    assert_eq!(seen, [("orders", 1)]);
    stack.until_mailed("[MEDIUM]", &incidents[0].incident_id).await?;
    Ok(())
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
    // An event it cannot read fails permanently: it ends in the queue and creates no incident.
    stack.invoke_later("[]").await?;
    stack.until_queued("devops-handler-dlq", 1).await?;
    let resources: Vec<_> = stack.incidents().await?.into_iter().map(|one| one.resource).collect();
    assert_eq!(resources, ["orders"]);
    let log = stack.log().await?;
    assert_eq!(log.matches("a failure of the alert path itself").count(), 1, "{log}");
    assert!(log.contains("no event"), "the failure is not in the log: {log}");
    Ok(())
}
