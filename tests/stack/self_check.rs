//! New code of the handler that does not work.

use aws_sdk_lambda::primitives::Blob;
use incident_deploy::package::Package;

use super::read_back;
use crate::harness::{Aws, TestResult, World, eventually, tiny_program};

const HANDLER: &str = "devops-incident-handler";
const UP: [&str; 5] = ["up", "--local", "--yes", "--handler", "bootstrap"];

#[tokio::test]
async fn code_that_fails_its_self_check_gives_way_to_the_code_before() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let before = code(&aws).await?;
    std::fs::write(world.home().join("bootstrap"), tiny_program())?;
    std::fs::write(world.home().join("incidentctl.yaml"), "handler_concurrency: 20\n")?;

    let failed = world.run(&UP).await?.ended_with(1)?;
    for words in [
        "IncidentHandler (AWS::Lambda::Function) failed",
        "the new code failed its self-check",
        "Runtime.ExitError",
        concat!("the code before (", env!("CARGO_PKG_VERSION"), ") was put back and works"),
        "`incidentctl logs handler",
        "run `incidentctl up",
    ] {
        assert!(failed.stderr.contains(words), "`{words}` is missing in {}", failed.stderr);
    }
    assert_eq!(code(&aws).await?, before);
    read_back::self_check(&aws).await?;
    // What would have used the new code is as it was.
    read_back::mapping(&aws).await?;

    world.run(&["up", "--local", "--yes"]).await?.succeeded()?;
    let found = aws.lambda.list_event_source_mappings().function_name(HANDLER).send().await?;
    let concurrency = found.event_source_mappings()[0].scaling_config().and_then(|config| config.maximum_concurrency());
    assert_eq!(concurrency, Some(20));
    Ok(())
}

/// What does not work is nothing to go back to: the repair of a broken handler may need more than code.
#[tokio::test]
async fn code_that_did_not_work_is_not_put_back() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let other = world.home().join("other");
    std::fs::write(&other, [tiny_program().as_slice(), b"another build"].concat())?;
    let zip = Blob::new(Package::of(&other)?.bytes().clone());
    aws.lambda.update_function_code().function_name(HANDLER).zip_file(zip).send().await?;
    let before = eventually("the update to end", async || code(&aws).await).await?;

    std::fs::write(world.home().join("bootstrap"), tiny_program())?;
    let failed = world.run(&UP).await?.ended_with(1)?;
    assert!(failed.stderr.contains(&format!("its handler {HANDLER} does not work")), "{failed:?}");
    assert_ne!(code(&aws).await?, Some(before), "the new code was not deployed");
    world.run(&["up", "--local", "--yes"]).await?.succeeded()?;
    read_back::self_check(&aws).await
}

/// The hash of the handler's code, once no update is in progress.
async fn code(aws: &Aws) -> TestResult<Option<String>> {
    let found = aws.lambda.get_function_configuration().function_name(HANDLER).send().await?;
    let is_busy = found.last_update_status().is_some_and(|status| status.as_str() == "InProgress");
    Ok(found.code_sha256.filter(|_| !is_busy))
}
