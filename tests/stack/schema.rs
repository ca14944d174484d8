//! A stack deployed by a newer program.

use aws_sdk_dynamodb::types::Tag;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const SCHEMA: &str = "incidentctl:schema";

#[tokio::test]
async fn an_older_program_leaves_a_newer_stack_alone() -> TestResult {
    for engine in ["direct", "cloudformation"] {
        let world = World::new()?;
        let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", engine];
        world.run(&up).await?.succeeded()?;
        let aws = world.aws().await?;
        assert_eq!(schema(&aws).await?.as_deref(), Some("2"), "{engine}");
        if engine == "cloudformation" {
            let stacks = aws.cloudformation.describe_stacks().stack_name("devops").send().await?;
            let tags = stacks.stacks().first().ok_or("no stack")?.tags();
            assert!(tags.iter().any(|tag| tag.key() == Some(SCHEMA) && tag.value() == Some("2")), "{tags:?}");
        }
        set_schema(&aws, "3").await?;
        let plan = ["plan", "--local", "--email", ADDRESS];
        for command in [&up[..], &["down", "--local", "--yes"], &["down", "--local", "--yes", "--keep-data"], &plan] {
            let refused = world.run(command).await?.ended_with(1)?;
            for words in ["a newer incidentctl deployed this stack", "the schema `3`", "update incidentctl"] {
                assert!(refused.stderr.contains(words), "{engine}: `{words}` is missing: {refused:?}");
            }
        }
        let status = world.run(&["status", "--local"]).await?.ended_with(1)?;
        assert!(status.stdout.contains("a newer incidentctl deployed this stack"), "{status:?}");
        assert_eq!(schema(&aws).await?.as_deref(), Some("3"), "{engine}: something was changed");
        assert_eq!(aws.lambda.list_functions().send().await?.functions().len(), 2, "{engine}");
        assert_eq!(aws.events.list_rules().send().await?.rules().len(), 6, "{engine}");

        set_schema(&aws, "2").await?;
        world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_stack_without_the_schema_tag_is_updated() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let arn = aws.arn("dynamodb", "table/devops-incidents");
    aws.dynamodb.untag_resource().resource_arn(arn).tag_keys(SCHEMA).send().await?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    assert_eq!(schema(&aws).await?.as_deref(), Some("2"));
    Ok(())
}

async fn schema(aws: &Aws) -> TestResult<Option<String>> {
    let arn = aws.arn("dynamodb", "table/devops-incidents");
    let tags = aws.dynamodb.list_tags_of_resource().resource_arn(arn).send().await?;
    Ok(tags.tags().iter().find(|tag| tag.key() == SCHEMA).map(|tag| tag.value().to_owned()))
}

async fn set_schema(aws: &Aws, value: &str) -> TestResult {
    let arn = aws.arn("dynamodb", "table/devops-incidents");
    let tag = Tag::builder().key(SCHEMA).value(value).build()?;
    aws.dynamodb.tag_resource().resource_arn(arn).tags(tag).send().await?;
    Ok(())
}
