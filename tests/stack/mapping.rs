//! The mapping that gives the queue's events to the handler: drift, ownership, orphans.

use aws_sdk_lambda::types::{DestinationConfig, EventSourceMappingConfiguration, OnFailure};

use super::drift::changes;
use super::{UP, read_back};
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

const HANDLER: &str = "devops-incident-handler";
const PLAN: [&str; 7] = ["plan", "--local", "--email", ADDRESS, "--detailed-exitcode", "--output", "json"];

#[tokio::test]
async fn a_disabled_mapping_is_reported_and_repaired() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let id = mapping(&aws).await?.and_then(|mapping| mapping.uuid).ok_or("no mapping")?;
    aws.lambda.update_event_source_mapping().uuid(&id).enabled(false).batch_size(3).send().await?;
    eventually("the mapping to be disabled", async || {
        Ok(mapping(&aws).await?.filter(|mapping| mapping.state() == Some("Disabled")))
    })
    .await?;

    let status = world.run(&["status", "--local", "--output", "json"]).await?.ended_with(1)?.json()?;
    assert_eq!((&status["mapping"], &status["queues"]["events"]), (&"Disabled".into(), &0.into()), "{status}");
    let problem = status["problems"][0]["message"].as_str().unwrap_or_default();
    assert!(problem.contains("EventMapping is disabled: events wait in the queue"), "{status}");
    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!((&changes[0]["action"], &changes[0]["cause"]), (&"update".into(), &"drift".into()));
    world.run(&UP).await?.succeeded()?;
    let repaired = mapping(&aws).await?.ok_or("no mapping")?;
    assert_eq!(repaired.uuid, Some(id), "it was updated, not replaced");
    read_back::mapping(&aws).await?;
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

/// A deletion takes a while, during which the old mapping still counts as one of the same queue and function.
#[tokio::test]
async fn a_mapping_that_is_being_deleted_is_made_again() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let id = mapping(&aws).await?.and_then(|mapping| mapping.uuid).ok_or("no mapping")?;
    aws.lambda.delete_event_source_mapping().uuid(id).send().await?;
    world.run(&UP).await?.succeeded()?;
    read_back::mapping(&aws).await?;
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_mapping_of_others_is_left_alone() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let found = mapping(&aws).await?.ok_or("no mapping")?;
    let arn = found.event_source_mapping_arn.ok_or("no ARN")?;
    aws.lambda.untag_resource().resource(arn).tag_keys("incidentctl:stack").send().await?;
    let refused = world.run(&UP).await?.ended_with(1)?;
    assert!(refused.stderr.contains("EventMapping") && refused.stderr.contains("does not belong"), "{refused:?}");
    let down = world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    assert!(down.stderr.contains("it lacks the tag incidentctl:stack=devops"), "{down:?}");
    assert!(mapping(&aws).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn an_orphaned_mapping_goes_before_its_queue() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    aws.sqs.create_queue().queue_name("devops-old").tags("incidentctl:stack", "devops").send().await?;
    let role = format!("{HANDLER}-{}", aws.region);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}"#;
    aws.iam.put_role_policy().role_name(role).policy_name("other").policy_document(policy).send().await?;
    eventually("the policy to propagate", async || {
        let call = aws.lambda.create_event_source_mapping().function_name(HANDLER);
        let call = call.event_source_arn(aws.arn("sqs", "devops-old")).tags("incidentctl:stack", "devops");
        Ok(call.send().await.ok())
    })
    .await?;

    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let mut deleted: Vec<_> = changes.iter().map(|change| (&change["type"], &change["action"])).collect();
    deleted.sort_by_key(|(of, _)| of.to_string());
    assert_eq!(
        deleted,
        [(&"AWS::Lambda::EventSourceMapping".into(), &"delete".into()), (&"AWS::SQS::Queue".into(), &"delete".into())]
    );
    world.run(&UP).await?.succeeded()?;
    read_back::mapping(&aws).await?;
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

/// Sweeps must not reach a dead-letter queue, wherever the destination comes from.
#[tokio::test]
async fn a_destination_of_the_handlers_failures_is_removed() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let queue = OnFailure::builder().destination(aws.arn("sqs", "devops-handler-dlq")).build();
    let call = aws.lambda.update_function_event_invoke_config().function_name(HANDLER).qualifier("$LATEST");
    call.destination_config(DestinationConfig::builder().on_failure(queue).build()).send().await?;
    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["properties"][0]["path"], "DestinationConfig.OnFailure", "{changes:?}");
    world.run(&UP).await?.succeeded()?;
    read_back::functions(&aws).await?;
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

async fn mapping(aws: &Aws) -> TestResult<Option<EventSourceMappingConfiguration>> {
    let found =
        aws.lambda.list_event_source_mappings().event_source_arn(aws.arn("sqs", "devops-events")).send().await?;
    Ok(found.event_source_mappings.unwrap_or_default().into_iter().next())
}
