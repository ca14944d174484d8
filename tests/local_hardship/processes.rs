//! A local AWS that is killed or stopped.

use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use super::{daemon, folder, signal};
use crate::harness::{TestResult, World, eventually};
use crate::watch::create_with;

/// A function that asks for no event, with a child that is in no hurry either. The name is one that `ps` shows.
const PROGRAM: &str = "#!/bin/sh\nsleep 1234567 &\nwait\n";

/// Processes whose command line has the text.
fn processes(text: &str) -> TestResult<Vec<String>> {
    let listed = Command::new("ps").args(["-e", "-o", "pid=,ppid=,command="]).output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(listed.lines().filter(|line| line.contains(text)).map(str::to_owned).collect())
}

#[tokio::test]
async fn functions_and_their_children_die_with_the_local_aws() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    // The duration tells this test's children from others'.
    let (seconds, functions) = ((10_000_000 + std::process::id()).to_string(), folder(&world).join("functions"));
    create_with(&aws, "sleeper", PROGRAM.replace("1234567", &seconds).as_bytes()).await?;
    let invoke = aws.lambda.invoke().function_name("sleeper").invocation_type(InvocationType::Event);
    invoke.payload(Blob::new("{}")).send().await?;
    let function = functions.display().to_string();
    let child = format!("sleep {seconds}");
    eventually("the function and its child to run", async || {
        let run = !processes(&function)?.is_empty() && !processes(&child)?.is_empty();
        Ok(run.then_some(()))
    })
    .await?;
    signal("-9", daemon(&world).await?)?;
    eventually("both to die", async || {
        let left = [processes(&function)?, processes(&child)?].concat();
        Ok(left.is_empty().then_some(()))
    })
    .await?;
    let status = world.run(&["local", "status"]).await?.succeeded()?;
    assert!(status.stderr.contains("died; any command with --local restarts it"), "{}", status.stderr);
    Ok(())
}

#[tokio::test]
async fn a_stopped_local_aws_is_named_as_stopped() -> TestResult {
    let world = World::new()?;
    world.start().await?;
    let process = daemon(&world).await?;
    signal("-STOP", process)?;
    for arguments in [
        &["local", "status"][..],
        &["local", "start"],
        &["local", "stop"],
        &["local", "outbox", "--confirm"],
        &["status", "--local"],
        &["trigger-test", "--local"],
        &["up", "--local", "--yes"],
    ] {
        let started = Instant::now();
        let refused = world.run(arguments).await?.ended_with(1)?;
        let said = &refused.stderr;
        assert!(said.contains("does not answer") && said.contains(&format!("process {process}")), "{said}");
        assert!(!cfg!(target_os = "linux") || said.contains("T (stopped)"), "{said}");
        assert!(said.contains(&format!("kill -CONT {process}")), "{said}");
        assert!(started.elapsed() < Duration::from_secs(8), "{arguments:?}: {:?}", started.elapsed());
    }
    let json = world.run(&["local", "status", "--output", "json"]).await?.ended_with(1)?.json()?;
    assert_eq!((&json["running"], &json["unresponsive"]["pid"]), (&false.into(), &process.into()), "{json}");
    signal("-CONT", process)?;
    assert_eq!(daemon(&world).await?, process, "it goes on");
    Ok(())
}
