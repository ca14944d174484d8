//! Ownership of a stack, and the states in which it may be reused.

use aws_sdk_cloudformation::types::Tag;

use super::{DOWN, UP, is_empty};
use crate::harness::{Aws, TestResult, World, eventually};

/// A stack with one resource that cannot be created.
const IMPOSSIBLE: &str =
    r#"{"Resources":{"A":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"x","RetentionInDays":2}}}}"#;
const DIRECT: [&str; 5] = ["up", "--local", "--yes", "--engine", "direct"];

#[tokio::test]
async fn each_engine_leaves_the_others_stack_alone() -> TestResult {
    let world = World::new()?;
    world.run(&UP).await?.succeeded()?;
    for command in
        [&DIRECT[..], &["plan", "--local", "--engine", "direct"], &["down", "--local", "--yes", "--engine", "direct"]]
    {
        let refused = world.run(command).await?.ended_with(1)?;
        assert!(refused.stderr.contains("belongs to the engine `cloudformation`"), "{refused:?}");
    }
    world.run(&DOWN).await?.succeeded()?;
    is_empty(&world.aws().await?).await?;

    let other = ["--stack", "other"];
    world.run(&[&DIRECT[..], &other].concat()).await?.succeeded()?;
    for command in [
        &UP[..],
        &["plan", "--local", "--engine", "cloudformation"],
        &["down", "--local", "--yes", "--engine", "cloudformation"],
    ] {
        let refused = world.run(&[command, &other].concat()).await?.ended_with(1)?;
        assert!(refused.stderr.contains("belongs to the engine `direct`"), "{refused:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_creation_of_ours_is_deleted_and_recreated() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    dead_stack(&aws, None).await?;
    let refused = world.run(&UP).await?.ended_with(1)?;
    assert!(refused.stderr.contains("is not ours"), "{refused:?}");
    let stacks = aws.cloudformation.describe_stacks().send().await?;
    assert_eq!(stacks.stacks().len(), 1, "a foreign stack is left alone");

    aws.cloudformation.delete_stack().stack_name("devops").send().await?;
    dead_stack(&aws, Some(Tag::builder().key("incidentctl:stack").value("devops").build())).await?;
    let asked = world.run(&[&UP[..2], &UP[3..]].concat()).await?.ended_with(1)?;
    assert!(asked.stderr.contains("ROLLBACK_COMPLETE") && asked.stderr.contains("Delete it?"), "{asked:?}");
    world.run(&UP).await?.succeeded()?;
    world.run(&DOWN).await?.succeeded()?;
    is_empty(&aws).await
}

#[tokio::test]
async fn a_protected_stack_is_kept() -> TestResult {
    let world = World::new()?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    let protect = aws.cloudformation.update_termination_protection().stack_name("devops");
    protect.enable_termination_protection(true).send().await?;
    let refused = world.run(&DOWN).await?.ended_with(1)?;
    assert!(refused.stderr.contains("--no-enable-termination-protection"), "{refused:?}");
    world.run(&UP).await?.succeeded()?;
    Ok(())
}

/// A stack whose creation failed and was rolled back.
async fn dead_stack(aws: &Aws, tag: Option<Tag>) -> TestResult {
    let call = aws.cloudformation.create_stack().stack_name("devops").template_body(IMPOSSIBLE);
    call.set_tags(tag.map(|tag| vec![tag])).send().await?;
    eventually("a dead stack", async || {
        let found = aws.cloudformation.describe_stacks().stack_name("devops").send().await?;
        let status = found.stacks().first().and_then(|stack| stack.stack_status());
        Ok(status.filter(|status| status.as_str() == "ROLLBACK_COMPLETE").map(|_| ()))
    })
    .await
}
