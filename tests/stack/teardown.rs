//! What `down` refuses before it deletes anything, and what it keeps.

use aws_sdk_lambda::error::ProvideErrorMetadata;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const TABLE: &str = "devops-incidents";
const DOWN: [&str; 3] = ["down", "--local", "--yes"];
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#;

#[tokio::test]
async fn keep_data_keeps_table_and_logs_for_the_next_up_or_down() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let kept = world.run(&["down", "--local", "--yes", "--keep-data"]).await?.succeeded()?;
    for words in [TABLE, "/aws/lambda/devops-incident-handler", "without --keep-data", "--local"] {
        assert!(kept.stderr.contains(words), "`{words}` is missing: {kept:?}");
    }
    assert_eq!(aws.dynamodb.list_tables().send().await?.table_names(), [TABLE]);
    assert_eq!(aws.logs.describe_log_groups().send().await?.log_groups().len(), 2);
    assert!(aws.lambda.list_functions().send().await?.functions().is_empty());
    assert!(aws.sns.list_topics().send().await?.topics().is_empty());

    world.run(&DOWN).await?.succeeded()?;
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    assert!(aws.logs.describe_log_groups().send().await?.log_groups().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_protected_table_stops_down_before_any_deletion() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "deletion_protection: true\n")?;
    let aws = world.up().await?;
    let refused = world.run(&DOWN).await?.ended_with(1)?;
    for words in [TABLE, "protected", "deletion_protection: false", "incidentctl up"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing: {refused:?}");
    }
    everything_is_there(&aws).await?;
    std::fs::write(world.home().join("incidentctl.yaml"), "deletion_protection: false\n")?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    world.run(&DOWN).await?.succeeded()?;
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    Ok(())
}

#[tokio::test]
async fn foreign_policies_on_a_role_are_reported_before_any_deletion() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let role = format!("devops-error-generator-{}", aws.region);
    let policy = aws.iam.create_policy().policy_name("guardrail").policy_document(POLICY).send().await?;
    let arn = policy.policy.and_then(|policy| policy.arn).ok_or("no ARN")?;
    aws.iam.attach_role_policy().role_name(&role).policy_arn(&arn).send().await?;
    aws.iam.put_role_policy().role_name(&role).policy_name("theirs").policy_document(POLICY).send().await?;
    // Neither is drift.
    world.run(&["plan", "--local", "--email", ADDRESS, "--detailed-exitcode"]).await?.succeeded()?;

    let refused = world.run(&DOWN).await?.ended_with(1)?;
    for words in [arn.as_str(), "theirs", &role, "aws iam detach-role-policy", "aws iam delete-role-policy"] {
        assert!(refused.stderr.contains(words), "`{words}` is missing: {refused:?}");
    }
    everything_is_there(&aws).await?;
    aws.iam.detach_role_policy().role_name(&role).policy_arn(&arn).send().await?;
    aws.iam.delete_role_policy().role_name(&role).policy_name("theirs").send().await?;
    world.run(&DOWN).await?.succeeded()?;
    let gone = aws.iam.get_role().role_name(&role).send().await;
    assert_eq!(gone.err().and_then(|error| error.code().map(str::to_owned)).as_deref(), Some("NoSuchEntity"));
    Ok(())
}

async fn everything_is_there(aws: &Aws) -> TestResult {
    assert_eq!(aws.iam.list_roles().send().await?.roles().len(), 2);
    assert_eq!(aws.lambda.list_functions().send().await?.functions().len(), 2);
    assert_eq!(aws.dynamodb.list_tables().send().await?.table_names().len(), 1);
    assert!(aws.events.list_rules().send().await?.rules().len() >= 4);
    assert_eq!(aws.cloudwatch.describe_alarms().send().await?.metric_alarms().len(), 10);
    Ok(())
}
