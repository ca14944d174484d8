//! Invalid input fails with a clear error on standard error and its exit code, and changes nothing.

use crate::harness::{Finished, TestResult, World};

#[tokio::test]
async fn an_invalid_address() -> TestResult {
    let world = World::new()?;
    let finished = world.run(&["up", "--local", "--yes", "--email", "not-an-address"]).await?;
    refused(&world, &finished, 2, &["not-an-address", "--email"]).await
}

#[tokio::test]
async fn a_stack_name_that_yields_invalid_resource_names() -> TestResult {
    let world = World::new()?;
    for name in ["1st", "has space", "under_score", "", "a-name-that-is-longer-than-thirty-two-characters"] {
        let finished = world.run(&["up", "--local", "--yes", "--stack", name]).await?;
        refused(&world, &finished, 2, &["--stack"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn no_region() -> TestResult {
    let world = World::new()?;
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let finished = world.run_with(&["up", "--yes"], &keys).await?;
    refused(&world, &finished, 1, &["region", "--region", "AWS_REGION"]).await
}

#[tokio::test]
async fn an_unknown_region() -> TestResult {
    let world = World::new()?;
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    let finished = world.run_with(&["up", "--yes", "--region", "eu-nowhere-9"], &keys).await?;
    refused(&world, &finished, 1, &["eu-nowhere-9", "eu-central-1", "eu-west-1"]).await
}

#[tokio::test]
async fn no_credentials() -> TestResult {
    let world = World::new()?;
    let finished =
        world.run_with(&["up", "--yes", "--region", "eu-central-1"], &[("AWS_EC2_METADATA_DISABLED", "true")]).await?;
    refused(&world, &finished, 1, &["credentials", "--profile", "AWS_ACCESS_KEY_ID", "--local"]).await
}

#[tokio::test]
async fn no_credentials_for_a_profile() -> TestResult {
    let world = World::new()?;
    std::fs::create_dir(world.home().join(".aws"))?;
    std::fs::write(world.home().join(".aws/config"), "[profile work]\nregion = eu-central-1\n")?;
    let arguments = ["up", "--yes", "--profile", "work"];
    let finished = world.run_with(&arguments, &[("AWS_EC2_METADATA_DISABLED", "true")]).await?;
    refused(&world, &finished, 1, &["credentials", "aws sso login --profile work", "AWS_ACCESS_KEY_ID"]).await
}

#[tokio::test]
async fn an_unresponsive_endpoint() -> TestResult {
    let world = World::new()?;
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
    // A listener that never answers: the client must time out.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let endpoint = format!("http://{}", silent.local_addr()?);
    let arguments = ["up", "--yes", "--region", "eu-central-1", "--endpoint-url", &endpoint];
    let finished = world.run_with(&arguments, &keys).await?;
    refused(&world, &finished, 1, &[&endpoint, "does not answer", "within 5 s", "--endpoint-url"]).await?;
    drop(silent);
    let finished = world.run_with(&arguments, &keys).await?;
    assert!(!finished.stderr.contains("ConnectorError"), "an error for people: {finished:?}");
    refused(&world, &finished, 1, &[&endpoint, "onnection refused"]).await
}

#[tokio::test]
async fn a_configuration_file_with_a_typo() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "stack: devops\nemial: you@example.com\n")?;
    let finished = world.run(&["up", "--local", "--yes"]).await?;
    refused(&world, &finished, 2, &["incidentctl.yaml", "emial", "line 2"]).await
}

#[tokio::test]
async fn a_missing_handler() -> TestResult {
    let world = World::new()?;
    let finished = world.run(&["up", "--local", "--yes", "--handler", "nowhere/bootstrap"]).await?;
    refused(&world, &finished, 1, &["nowhere/bootstrap"]).await
}

#[tokio::test]
async fn a_handler_not_built_for_lambda() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("bootstrap"), "#!/bin/sh\necho hello\n")?;
    let finished = world.run(&["up", "--local", "--yes", "--handler", "bootstrap"]).await?;
    refused(&world, &finished, 1, &["bootstrap", "ELF"]).await
}

#[tokio::test]
async fn a_port_in_use() -> TestResult {
    let world = World::new()?;
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let port = taken.local_addr()?.port().to_string();
    let finished = world.run(&["local", "start", "--port", &port]).await?;
    refused(&world, &finished, 1, &[&port, "use"]).await
}

#[tokio::test]
async fn an_unknown_incident() -> TestResult {
    let world = World::new()?;
    world.up().await?;
    let finished = world.run(&["incidents", "show", "inc-nowhere", "--local"]).await?.ended_with(1)?;
    assert!(finished.stderr.contains("inc-nowhere"), "{finished:?}");
    assert_eq!(finished.stdout, "");
    Ok(())
}

#[tokio::test]
async fn a_change_without_consent() -> TestResult {
    let world = World::new()?;
    let finished = world.run(&["up", "--local", "--email", "ada@example.com"]).await?.ended_with(1)?;
    assert!(finished.stderr.contains("--yes"), "{finished:?}");
    no_stack(&world).await
}

/// Checks the exit code, the error on standard error, that standard output is empty, and that nothing was created.
async fn refused(world: &World, finished: &Finished, code: i32, said: &[&str]) -> TestResult {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    for words in said {
        assert!(finished.stderr.contains(words), "`{words}` is missing: {finished:?}");
    }
    no_stack(world).await
}

/// Checks that no resource exists: the local AWS is not running, or it is empty.
async fn no_stack(world: &World) -> TestResult {
    let status = world.run(&["local", "status", "--output", "json"]).await?;
    if status.json().is_ok_and(|status| status["running"] == true) {
        let aws = world.aws().await?;
        assert!(aws.iam.list_roles().send().await?.roles().is_empty());
        assert!(aws.lambda.list_functions().send().await?.functions().is_empty());
        assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
        assert!(aws.sns.list_topics().send().await?.topics().is_empty());
    }
    Ok(())
}
