//! Ctrl-C and other interrupts while AWS does not answer. (`stack::failures` tests that calls in flight finish after
//! the first.)

use std::process::Stdio;
use std::time::Duration;

use incident_local::gateway::faults::{Action, Rule};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

use super::phase::{Phase, first};
use crate::harness::{Snapshot, TestBed, TestResult};

/// Kernel and shell both send SIGHUP when a terminal closes: within a second that is one interrupt.
const ANOTHER_HANGUP: Duration = Duration::from_millis(1_100);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_ends_a_hanging_run() -> TestResult {
    a_second_signal_ends_a_hanging_run("INT").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_termination_ends_a_hanging_run() -> TestResult {
    a_second_signal_ends_a_hanging_run("TERM").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_hangup_ends_a_hanging_run() -> TestResult {
    a_second_signal_ends_a_hanging_run("HUP").await
}

async fn a_second_signal_ends_a_hanging_run(signal: &str) -> TestResult {
    let test_bed = TestBed::new().await?;
    test_bed.handle.set_faults(vec![Rule {
        service: None,
        operation: Some("CreateTable".to_owned()),
        resource: None,
        caller: None,
        call: None,
        times: None,
        milliseconds: None,
        action: Action::HangAfter,
    }]);
    let mut program = Phase::Up.program(&test_bed)?;
    program.args(["--output", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut up = program.spawn()?;
    let mut lines = BufReader::new(up.stdout.take().ok_or("no output")?).lines();
    test_bed.handle.until_a_call_hangs().await;
    read_until(&mut lines, "resource_finished").await?;
    send(signal, &up)?;
    // All other calls in flight finish; the table does not.
    read_until(&mut lines, "interrupted").await?;
    if signal == "HUP" {
        tokio::time::sleep(ANOTHER_HANGUP).await;
    }
    send(signal, &up)?;
    let mut last = Value::Null;
    while let Some(line) = lines.next_line().await? {
        last = serde_json::from_str(&line)?;
    }
    assert_eq!((&last["type"], &last["error"]["kind"]), (&"result".into(), &"interrupted".into()), "{last}");
    let mut said = String::new();
    up.stderr.take().ok_or("no words")?.read_to_string(&mut said).await?;
    assert_eq!(up.wait().await?.code(), Some(130), "{said}");
    for words in ["still in flight: ", "IncidentTable", "created", "incidentctl up"] {
        assert!(said.contains(words), "`{words}` is missing: {said}");
    }

    test_bed.handle.set_faults(Vec::new());
    test_bed.up(&first()).await?;
    assert!(test_bed.plan(&first()).await?.is_empty());
    test_bed.down().await?;
    assert_eq!(test_bed.snapshot().await?, Snapshot::new());
    Ok(())
}

/// Reads events up to one of this type.
async fn read_until(lines: &mut Lines<BufReader<ChildStdout>>, event: &str) -> TestResult {
    while !lines.next_line().await?.ok_or("it ended too early")?.contains(event) {}
    Ok(())
}

fn send(signal: &str, program: &tokio::process::Child) -> TestResult {
    let id = program.id().ok_or("it ended already")?;
    std::process::Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status()?;
    Ok(())
}
