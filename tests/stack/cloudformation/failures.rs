//! CloudFormation failures and interrupts.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{PLAN, UP, counts, is_empty, statuses};
use crate::harness::{ADDRESS, TestResult, World, snapshot, tiny_program};

const REFUSAL: &str = "User: arn:aws:iam::000000000000:user/ada is not authorized to perform: events:PutTargets";

#[tokio::test]
async fn the_first_cause_is_reported_and_nothing_is_left() -> TestResult {
    let world = World::new()?;
    start_with(&world, &refusing_rules()).await?;
    let failed = world.run(&[&UP[..7], &["--output", "text"]].concat()).await?.ended_with(1)?;
    let error: Vec<&str> = failed.stderr.lines().skip_while(|line| !line.starts_with("error:")).collect();
    let first = error.first().ok_or("no error")?;
    for words in ["Rule (AWS::Events::Rule) failed", "events:PutTargets", REFUSAL] {
        assert!(first.contains(words), "`{words}` is missing in {first}");
    }
    for words in ["lack the permission", "deleted everything it created"] {
        assert!(error[1..].iter().any(|line| line.contains(words)), "`{words}` is missing in {error:?}");
    }
    is_empty(&world.aws().await?).await
}

#[tokio::test]
async fn a_failed_update_is_rolled_back() -> TestResult {
    let world = World::new()?;
    start_with(&world, &json!([])).await?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    let before = snapshot(&aws).await?;
    let refusal = json!({"code": "AccessDeniedException", "message": REFUSAL.replace("events:PutTargets", "logs:PutRetentionPolicy"), "status": 400});
    let faults = json!([{"operation": "PutRetentionPolicy", "times": 1, "action": {"error": refusal}}]);
    set_faults(&world, &faults)?;
    std::fs::write(world.home().join("incidentctl.yaml"), "log_retention_days: 14\nhandler_memory: 512\n")?;
    let failed = world.run(&UP).await?.ended_with(1)?;
    assert!(failed.stderr.contains("LogGroup (AWS::Logs::LogGroup) failed"), "{failed:?}");
    assert!(failed.stderr.contains("rolled the stack back to its previous state"), "{failed:?}");
    assert_eq!(statuses(&failed)?.last().map(String::as_str), Some("UPDATE_ROLLBACK_COMPLETE"));
    let different = crate::harness::difference(&before, &snapshot(&aws).await?);
    assert!(different.is_empty(), "{}", different.join("\n"));

    let updated = world.run(&UP).await?.succeeded()?.result()?;
    assert_eq!(counts(&updated)[1], 3, "{updated}");
    Ok(())
}

/// CloudFormation reports the function complete while Lambda still prepares it.
#[tokio::test]
async fn a_pending_function_is_waited_for() -> TestResult {
    let world = World::new()?;
    let message =
        "The operation cannot be performed at this time. The function is currently in the following state: Pending";
    let pending = json!({"code": "ResourceConflictException", "message": message, "status": 409});
    start_with(&world, &json!([{"operation": "Invoke", "times": 3, "action": {"error": pending}}])).await?;
    let up = world.run(&UP).await?.succeeded()?;
    assert!(up.stderr.contains("self-check"), "{up:?}");
    Ok(())
}

#[tokio::test]
async fn an_interrupt_detaches_and_the_next_up_follows_cloudformation() -> TestResult {
    let world = World::new()?;
    // Longer than the next `up` takes to come, on a busy machine too.
    start_with(&world, &json!([{"operation": "CreateTable", "action": {"delay": {"milliseconds": 8000}}}])).await?;
    interrupt(&world, &UP, "INT")?;

    let next = world.run(&["up", "--local", "--yes", "--email", ADDRESS, "--output", "json"]).await?.succeeded()?;
    assert!(next.stderr.contains("following it first"), "{next:?}");
    assert_eq!(counts(&next.result()?)[..4], [0, 0, 0, 0], "{next:?}");
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_termination_and_a_closed_terminal_are_interrupts() -> TestResult {
    for signal in ["TERM", "HUP"] {
        let world = World::new()?;
        start_with(&world, &json!([{"operation": "CreateTable", "action": {"delay": {"milliseconds": 2500}}}])).await?;
        std::fs::write(world.home().join("bootstrap"), tiny_program())?;
        interrupt(&world, &[&UP[..], &["--handler", "bootstrap"]].concat(), signal)?;
    }
    Ok(())
}

/// Interrupts a command while CloudFormation creates the table: it detaches.
fn interrupt(world: &World, arguments: &[&str], signal: &str) -> TestResult {
    let mut up = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(up.stdout.take().ok_or("no output")?).lines();
    while !lines.next().ok_or("it ended before the table")??.contains("IncidentTable") {}
    std::process::Command::new("kill").args([&format!("-{signal}"), &up.id().to_string()]).status()?;
    let events: Vec<Value> = lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<TestResult<_>>()?;
    let result = events.last().ok_or("no result")?;
    assert_eq!((&result["ok"], &result["error"]["kind"]), (&false.into(), &"interrupted".into()), "{result}");
    let mut said = String::new();
    up.stderr.take().ok_or("no words")?.read_to_string(&mut said)?;
    assert!(said.contains("continues on its own"), "{said}");
    assert_eq!(up.wait()?.code(), Some(130));
    Ok(())
}

fn refusing_rules() -> Value {
    let error = json!({"code": "AccessDeniedException", "message": REFUSAL, "status": 400});
    json!([{"service": "events", "operation": "PutTargets", "action": {"error": error}}])
}

async fn start_with(world: &World, faults: &Value) -> TestResult {
    set_faults(world, faults)?;
    world.run(&["local", "start", "--faults", "faults.json"]).await?.succeeded()?;
    Ok(())
}

/// The local AWS reloads them when they change.
fn set_faults(world: &World, faults: &Value) -> TestResult {
    Ok(std::fs::write(world.home().join("faults.json"), faults.to_string())?)
}
