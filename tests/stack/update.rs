//! Updates from the last version whose rules invoke the handler directly, while functions fail.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};

use super::old::Old;
use super::{UP, read_back};
use crate::harness::{Aws, TestResult, World, eventually};

/// The template of that version.
const BEFORE: &str = include_str!("before-the-queue.yaml");
/// Pause between two failures.
const PAUSE: Duration = Duration::from_millis(20);

#[tokio::test]
async fn no_failure_is_lost_or_doubled_by_the_direct_engine() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    Old::of(&aws, BEFORE).await?.deploy().await?;
    is_of_old_shape(&aws).await?;
    updates_while_functions_fail(&world, &aws).await
}

#[tokio::test]
async fn no_failure_is_lost_or_doubled_by_cloudformation() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    Old::of(&aws, BEFORE).await?.deploy_through_cloudformation(&aws).await?;
    is_of_old_shape(&aws).await?;
    updates_while_functions_fail(&world, &aws).await
}

async fn updates_while_functions_fail(world: &World, aws: &Aws) -> TestResult {
    let (is_over, sent) = (AtomicBool::new(false), AtomicU32::new(0));
    let failures = async {
        while !is_over.load(Ordering::Relaxed) {
            fail(aws, sent.load(Ordering::Relaxed)).await?;
            sent.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
        TestResult::Ok(())
    };
    let update = async {
        // Some before, some after.
        tokio::time::sleep(PAUSE * 20).await;
        let updated = world.run(&UP).await;
        tokio::time::sleep(PAUSE * 20).await;
        is_over.store(true, Ordering::Relaxed);
        updated?.succeeded()
    };
    let (failed, updated) = tokio::join!(failures, update);
    failed?;
    let updated = updated?.result()?;
    assert!(updated["created"].as_u64() >= Some(6) && updated["deleted"].as_u64() >= Some(4), "{updated}");

    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > 40, "only {sent} failures");
    let counted = eventually("every failure to be counted", async || {
        let counted = occurrences(world).await?;
        Ok((counted >= u64::from(sent)).then_some(counted))
    });
    assert_eq!(counted.await?, u64::from(sent));
    for queue in ["devops-events", "devops-rule-dlq", "devops-handler-dlq"] {
        assert_eq!(aws.depth(queue).await?, 0, "{queue}");
    }
    read_back::functions(aws).await?;
    read_back::rules(aws).await?;
    read_back::queues(aws).await?;
    read_back::mapping(aws).await?;
    let again = world.run(&UP).await?.succeeded()?.result()?;
    assert_eq!((&again["created"], &again["updated"], &again["deleted"]), (&0.into(), &0.into(), &0.into()));
    Ok(())
}

/// The record that Lambda sends for an asynchronous invocation that failed.
pub(super) async fn fail(aws: &Aws, number: u32) -> TestResult {
    let detail = json!({
        "version": "1.0",
        "requestContext": {
            "requestId": format!("00000000-0000-4000-8000-{number:012}"),
            "functionArn": aws.arn("lambda", "function:checkout:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "the card was declined", "errorType": "CardError"},
    });
    let entry = PutEventsRequestEntry::builder()
        .source("lambda")
        .detail_type("Lambda Function Invocation Result - Failure")
        .detail(detail.to_string())
        .build();
    let answer = aws.events.put_events().entries(entry).send().await?;
    match answer.failed_entry_count() {
        0 => Ok(()),
        _ => Err(format!("{answer:?}").into()),
    }
}

/// All failures that incidents count.
pub(super) async fn occurrences(world: &World) -> TestResult<u64> {
    let incidents = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let counts = incidents.as_array().into_iter().flatten().map(|incident| incident["occurrences"].as_u64());
    Ok(counts.map(Option::unwrap_or_default).sum())
}

/// Its rules invoke the handler, which may send what it fails on to its queue.
async fn is_of_old_shape(aws: &Aws) -> TestResult {
    let targets = aws.events.list_targets_by_rule().rule("devops-function-failures").send().await?;
    assert_eq!(targets.targets()[0].arn(), aws.arn("lambda", "function:devops-incident-handler"));
    let policy = aws.lambda.get_policy().function_name("devops-incident-handler").send().await?;
    let policy: Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(5), "{policy}");
    Ok(())
}
