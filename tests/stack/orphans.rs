//! Orphans of an earlier template: resources with the stack's tag and name that no template declares any more.

use std::collections::HashMap;

use aws_sdk_iam::types::Tag as RoleTag;
use aws_sdk_sqs::types::QueueAttributeName;

use super::drift::changes;
use crate::harness::{ADDRESS, Aws, TestResult, World};

const TAG: &str = "incidentctl:stack";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const GROUP: &str = "/aws/lambda/devops-old";
const PLAN: [&str; 6] = ["plan", "--local", "--email", ADDRESS, "--output", "json"];

#[tokio::test]
async fn orphans_are_planned_and_deleted() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    leave(&aws).await?;
    let found = changes(&world.run(&PLAN).await?.succeeded()?.json()?)?;
    let mut planned: Vec<&str> = found.iter().filter_map(|change| change["logical_id"].as_str()).collect();
    planned.sort_unstable();
    let role = format!("Role(devops-old-{})", aws.region);
    assert_eq!(planned, [format!("LogGroup({GROUP})").as_str(), "Queue(devops-old)", &role]);
    for change in &found {
        assert_eq!(
            (&change["action"], &change["cause"]),
            (&"delete".into(), &"removed from template".into()),
            "{change}"
        );
        assert_eq!(change["data_loss"] == true, change["type"] == "AWS::Logs::LogGroup", "{change}");
    }

    let refused = world.run(&super::UP).await?.ended_with(1)?;
    for words in [GROUP, "--allow-data-loss"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing: {refused:?}");
    }
    assert_eq!(aws.iam.list_roles().send().await?.roles().len(), 3, "something was deleted before it refused");
    let up = ["up", "--local", "--yes", "--email", ADDRESS, "--allow-data-loss", "--output", "json"];
    let result = world.run(&up).await?.succeeded()?.result()?;
    assert_eq!((&result["created"], &result["deleted"]), (&0.into(), &3.into()), "{result}");
    assert_eq!(aws.iam.list_roles().send().await?.roles().len(), 2);
    // A foreign queue with a similar name.
    assert_eq!(aws.sqs.list_queues().queue_name_prefix("devops-theirs").send().await?.queue_urls().len(), 1);
    Ok(())
}

#[tokio::test]
async fn down_deletes_orphans() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    leave(&aws).await?;
    // Only `down` finds a role whose log group is gone.
    aws.logs.delete_log_group().log_group_name(GROUP).send().await?;
    world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    assert!(aws.iam.list_roles().send().await?.roles().is_empty());
    assert_eq!(aws.sqs.list_queues().send().await?.queue_urls().len(), 1);
    Ok(())
}

/// A log group, a role with a policy and a queue of an earlier template, and a foreign queue.
async fn leave(aws: &Aws) -> TestResult {
    aws.logs.create_log_group().log_group_name(GROUP).tags(TAG, "devops").send().await?;
    let name = format!("devops-old-{}", aws.region);
    // The value of `incidentctl:owns` on a role with this policy.
    let owns = incident_deploy::template::paths(&serde_json::json!({"Policies": [{"PolicyName": "old"}]}));
    let tag = |key: &str, value: &str| RoleTag::builder().key(key).value(value).build();
    let call = aws.iam.create_role().role_name(&name).assume_role_policy_document(TRUST).tags(tag(TAG, "devops")?);
    let owns = owns.into_keys().next().unwrap_or_default();
    call.tags(tag("incidentctl:owns", &owns)?).send().await?;
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}"#;
    aws.iam.put_role_policy().role_name(&name).policy_name("old").policy_document(policy).send().await?;
    let retention = HashMap::from([(QueueAttributeName::MessageRetentionPeriod, "60".to_owned())]);
    let queue = aws.sqs.create_queue().queue_name("devops-old").set_attributes(Some(retention));
    queue.tags(TAG, "devops").send().await?;
    aws.sqs.create_queue().queue_name("devops-theirs").send().await?;
    Ok(())
}
