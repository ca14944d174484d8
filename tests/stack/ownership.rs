//! Resources of others, and their parts, are neither changed nor deleted.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::QueueAttributeName;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const TAG: &str = "incidentctl:stack";
const FUNCTION: &str = "devops-incident-handler";
const FOREIGN_BODY: &str = r#"{"widgets":[]}"#;

#[tokio::test]
async fn up_stops_before_the_first_change_when_a_name_is_taken() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    untag_function(&aws).await?;
    let more = ["up", "--local", "--yes", "--email", ADDRESS, "--email", "grace@example.com"];
    let refused = world.run(&more).await?.ended_with(1)?;
    for words in [FUNCTION, "AWS::Lambda::Function", TAG, "--stack"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing: {refused:?}");
    }
    assert_eq!(super::addresses(&aws).await?, [ADDRESS]);
    Ok(())
}

#[tokio::test]
async fn up_leaves_a_foreign_dashboard_of_its_name_alone() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    foreign_dashboard(&aws).await?;
    let refused = world.run(&["up", "--local", "--yes"]).await?.ended_with(1)?;
    assert!(refused.stderr.contains("devops-incidents"), "{refused:?}");
    assert_eq!(dashboard(&aws).await?, FOREIGN_BODY);
    assert!(aws.iam.list_roles().send().await?.roles().is_empty());
    Ok(())
}

#[tokio::test]
async fn down_leaves_untagged_resources_intact() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    untag_function(&aws).await?;
    aws.sns.untag_resource().resource_arn(aws.arn("sns", "devops-alerts")).tag_keys(TAG).send().await?;
    let queue = aws.sqs.get_queue_url().queue_name("devops-rule-dlq").send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.untag_queue().queue_url(queue).tag_keys(TAG).send().await?;
    foreign_dashboard(&aws).await?;
    let policies = policies(&aws).await?;

    let down = ["down", "--local", "--yes", "--output", "json"];
    for _ in 0..2 {
        let result = world.run(&down).await?.succeeded()?.result()?;
        let left = result["leftovers"].as_array().ok_or("no leftovers")?;
        let left: BTreeSet<_> = left.iter().filter_map(|one| one["logical_id"].as_str()).collect();
        let expected = [
            "AlertTopic",
            "AlertTopicPolicy",
            "HandlerEventInvokeConfig",
            "IncidentDashboard",
            "IncidentHandler",
            "RuleDeadLetterQueue",
            "RuleDeadLetterQueuePolicy",
            "SweepPermission",
        ];
        assert_eq!(left, expected.into());
    }
    assert_eq!(self::policies(&aws).await?, policies);
    assert_eq!(super::addresses(&aws).await?, [ADDRESS]);
    assert_eq!(dashboard(&aws).await?, FOREIGN_BODY);
    let config = aws.lambda.get_function_event_invoke_config().function_name(FUNCTION).send().await?;
    assert_eq!(config.maximum_retry_attempts(), Some(0));
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_preexisting_log_group_stays_unchanged() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let name = "/aws/lambda/devops-incident-handler";
    aws.logs.create_log_group().log_group_name(name).send().await?;
    world.run(&["up", "--local", "--yes"]).await?.succeeded()?;
    let down = world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    assert!(down.stderr.contains(&format!("{name}: it existed before the stack")), "{down:?}");
    let groups = aws.logs.describe_log_groups().send().await?;
    let found: Vec<_> =
        groups.log_groups().iter().map(|group| (group.log_group_name(), group.retention_in_days())).collect();
    assert_eq!(found, [(Some(name), None)]);
    Ok(())
}

async fn untag_function(aws: &Aws) -> TestResult {
    let arn = aws.arn("lambda", &format!("function:{FUNCTION}"));
    aws.lambda.untag_resource().resource(arn).tag_keys(TAG).send().await?;
    Ok(())
}

async fn foreign_dashboard(aws: &Aws) -> TestResult {
    aws.cloudwatch.put_dashboard().dashboard_name("devops-incidents").dashboard_body(FOREIGN_BODY).send().await?;
    Ok(())
}

async fn dashboard(aws: &Aws) -> TestResult<String> {
    let found = aws.cloudwatch.get_dashboard().dashboard_name("devops-incidents").send().await?;
    Ok(found.dashboard_body.ok_or("no body")?)
}

/// The policies of function, topic and queue.
async fn policies(aws: &Aws) -> TestResult<[String; 3]> {
    let function = aws.lambda.get_policy().function_name(FUNCTION).send().await?.policy.ok_or("no policy")?;
    let topic = aws.sns.get_topic_attributes().topic_arn(aws.arn("sns", "devops-alerts")).send().await?;
    let topic = topic.attributes.and_then(|mut all| all.remove("Policy")).ok_or("no policy")?;
    Ok([function, topic, aws.queue_attribute("devops-rule-dlq", QueueAttributeName::Policy).await?])
}
