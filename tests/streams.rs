//! Readers that close early, as `head` does: a closed pipe ends the output and never hides a failure.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use incident_local::gateway::faults::{Action, Rule};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::harness::{Desired, TestBed, TestResult, World, tiny_program};

/// Timeout of a command, far above what it needs.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The stream whose reader closes early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    Output,
    Error,
}

/// Runs a command and closes one stream after some lines; returns its exit status and the other stream's output.
async fn run(mut command: Command, closed: Closed, lines: usize) -> TestResult<(ExitStatus, String)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let (output, error) = (child.stdout.take().ok_or("no output")?, child.stderr.take().ok_or("no words")?);
    let said = match closed {
        Closed::Output => after(output, lines, error).await?,
        Closed::Error => after(error, lines, output).await?,
    };
    Ok((tokio::time::timeout(TIMEOUT, child.wait()).await.map_err(|_| "it did not end")??, said))
}

/// Reads some lines of one stream, closes it, and reads the other to its end.
async fn after(
    closed: impl tokio::io::AsyncRead + Unpin,
    lines: usize,
    mut other: impl tokio::io::AsyncRead + Unpin,
) -> TestResult<String> {
    let mut reader = BufReader::new(closed).lines();
    for _ in 0..lines {
        reader.next_line().await?;
    }
    drop(reader);
    let mut said = String::new();
    tokio::time::timeout(TIMEOUT, other.read_to_string(&mut said)).await.map_err(|_| "it did not end")??;
    Ok(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_up_fails_despite_a_closed_pipe() -> TestResult {
    let test_bed = TestBed::new().await?;
    let refusal = Action::Error { code: "AccessDeniedException".to_owned(), message: "no".to_owned(), status: 400 };
    let refused = |operation: &str| Rule {
        milliseconds: None,
        service: None,
        operation: Some(operation.to_owned()),
        resource: None,
        caller: None,
        call: None,
        times: None,
        action: refusal.clone(),
    };
    for (closed, lines, flags) in [
        (Closed::Output, 1, &["--output", "json"][..]),
        (Closed::Output, 0, &["--output", "json"]),
        (Closed::Output, 0, &[]),
        (Closed::Error, 1, &[]),
        (Closed::Error, 0, &["--output", "json"]),
        (Closed::Error, 1, &["-vv"]),
    ] {
        test_bed.handle.set_faults(vec![refused("CreateTable")]);
        let mut up = test_bed.program("up", &Desired::default())?;
        up.args(flags);
        let (status, said) = run(up, closed, lines).await?;
        assert_eq!(status.code(), Some(1), "{closed:?} {flags:?} {said}");
        assert!(closed == Closed::Error || said.contains("CreateTable"), "{closed:?} {flags:?} {said}");
        test_bed.handle.set_faults(Vec::new());
        test_bed.down().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn printing_ends_quietly_on_a_closed_pipe() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("bootstrap"), tiny_program())?;
    for arguments in [&["template"][..], &["completions", "bash"], &["--help"], &["up", "--help"]] {
        let (status, said) = run(world.command(arguments).into(), Closed::Output, 1).await?;
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
    // `plan` reports by its exit code what `head` does not show.
    world.start().await?;
    for (flags, code) in [(&[][..], 0), (&["--detailed-exitcode"], 2)] {
        let arguments = [&["plan", "--local", "--quiet", "--handler", "bootstrap"], flags].concat();
        let (status, said) = run(world.command(&arguments).into(), Closed::Output, 1).await?;
        assert_eq!((status.code(), said.as_str()), (Some(code), ""), "{arguments:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_output_ends_with_its_reader() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let (group, stream) = ("/aws/lambda/devops-incident-handler", "one");
    aws.logs.create_log_group().log_group_name(group).send().await?;
    aws.logs.create_log_stream().log_group_name(group).log_stream_name(stream).send().await?;
    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?;
    for number in 0..3 {
        let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder().timestamp(now + number).message("hello");
        let put = aws.logs.put_log_events().log_group_name(group).log_stream_name(stream);
        put.log_events(event.build()?).send().await?;
    }
    let follow = world.command(&["logs", "handler", "--follow", "--local", "--quiet"]);
    let (status, said) = run(follow.into(), Closed::Output, 0).await?;
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
    Ok(())
}

#[test]
fn a_full_disk_is_a_failure() -> TestResult {
    let world = World::new()?;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let output = world.command(&["template"]).stdout(full).stderr(Stdio::piped()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to standard output"), "{said}");
    Ok(())
}
