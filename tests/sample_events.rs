//! Sends every sample event to the running handler as its service would.

use aws_sdk_lambda::primitives::Blob;

use crate::harness::{TestResult, World, samples};

#[tokio::test]
async fn every_sample_is_handled_and_failures_are_recorded() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    for sample in samples()? {
        let before = recorded(&world).await?;
        let payload = Blob::new(sample.event.to_string());
        let answer = aws.lambda.invoke().function_name("devops-incident-handler").payload(payload).send().await?;
        let said = String::from_utf8_lossy(answer.payload().map(AsRef::as_ref).unwrap_or_default()).into_owned();
        assert_eq!(answer.function_error(), None, "{}: {said}", sample.file);
        let grown = recorded(&world).await? > before;
        match sample.outcome.as_str() {
            "failure" => assert!(grown, "{} was not recorded: {said}", sample.file),
            "benign" => assert!(!grown, "{} became an incident: {said}", sample.file),
            _ => {}
        }
    }
    let crashed = aws.depth("devops-handler-dlq").await?;
    assert_eq!(crashed, 0);
    Ok(())
}

/// The number of failures recorded in incidents.
async fn recorded(world: &World) -> TestResult<u64> {
    let list = world.run(&["incidents", "list", "--local", "--all", "--output", "json"]).await?.succeeded()?.json()?;
    Ok(list.as_array().into_iter().flatten().filter_map(|incident| incident["occurrences"].as_u64()).sum())
}
