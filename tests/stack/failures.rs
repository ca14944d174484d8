//! `up` when AWS rejects calls, and when the user interrupts.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{TestResult, World};

const REFUSAL: &str = "User: arn:aws:iam::000000000000:user/ada is not authorized to perform: events:PutTargets";

#[tokio::test]
async fn a_rejection_is_reported_cause_first_and_rolled_back() -> TestResult {
    let world = World::new()?;
    start_with(&world, &refusing_rules()).await?;
    let failed = world.run(&["up", "--local", "--yes"]).await?.ended_with(1)?;
    let error: Vec<&str> = failed.stderr.lines().skip_while(|line| !line.starts_with("error:")).collect();
    let first = error.first().ok_or("no error")?;
    for words in ["AWS::Events::Rule", "events:PutTargets", REFUSAL, "AccessDeniedException", "request "] {
        assert!(first.contains(words), "`{words}` is missing in {first}");
    }
    for words in ["lack the permission", "created", "run `incidentctl up --local` again", "`incidentctl down --local`"]
    {
        assert!(error[1..].iter().any(|line| line.contains(words)), "`{words}` is missing in {error:?}");
    }
    world.run(&["down", "--local", "--yes"]).await?.succeeded()?;

    // Another name: SQS reserves those of deleted queues for a minute.
    let failed = world.run(&["up", "--local", "--yes", "--rollback", "--stack", "other"]).await?.ended_with(1)?;
    assert!(failed.stderr.contains("rolled back"), "{failed:?}");
    let aws = world.aws().await?;
    assert!(aws.iam.list_roles().send().await?.roles().is_empty());
    assert!(aws.lambda.list_functions().send().await?.functions().is_empty());
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    // Created without targets; deleted with the rest.
    assert!(aws.events.list_rules().send().await?.rules().is_empty());
    assert!(aws.logs.describe_log_groups().send().await?.log_groups().is_empty());
    Ok(())
}

#[tokio::test]
async fn calls_in_flight_finish_after_an_interrupt_and_the_next_up_resumes() -> TestResult {
    let world = World::new()?;
    start_with(&world, &json!([{"operation": "CreateTable", "action": {"delay": {"milliseconds": 2000}}}])).await?;
    let mut up = world
        .command(&["up", "--local", "--yes", "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(up.stdout.take().ok_or("no output")?).lines();
    while !lines.next().ok_or("it ended before the table")??.contains("IncidentTable") {}
    std::process::Command::new("kill").args(["-INT", &up.id().to_string()]).status()?;
    let events: Vec<Value> = lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<TestResult<_>>()?;
    let finished = |event: &Value| event["type"] == "resource_finished" && event["logical_id"] == "IncidentTable";
    assert!(events.iter().any(finished), "the table was in flight and had to finish: {events:?}");
    let result = events.last().ok_or("no result")?;
    assert_eq!((&result["ok"], &result["error"]["kind"]), (&false.into(), &"interrupted".into()), "{result}");
    let mut said = String::new();
    up.stderr.take().ok_or("no words")?.read_to_string(&mut said)?;
    assert!(said.contains("created") && said.contains("run `incidentctl up --local` again"), "{said}");
    assert_eq!(up.wait()?.code(), Some(130));

    let next = world.run(&["up", "--local", "--yes", "--output", "json"]).await?.succeeded()?.result()?;
    assert!(next["unchanged"].as_u64() > Some(0) && next["created"].as_u64() > Some(0), "{next}");
    Ok(())
}

#[tokio::test]
async fn expired_credentials_are_reported_with_their_remedy() -> TestResult {
    let world = World::new()?;
    let expired = json!({"code": "ExpiredToken", "message": "The security token included in the request is expired", "status": 403});
    start_with(&world, &json!([{"operation": "GetCallerIdentity", "action": {"error": expired}}])).await?;
    let failed = world.run(&["up", "--local", "--yes"]).await?.ended_with(1)?;
    for words in ["rejected the credentials", "ExpiredToken", "aws sso login", "AWS_ACCESS_KEY_ID"] {
        assert!(failed.stderr.contains(words), "`{words}` is missing: {failed:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_self_check_waits_for_a_new_or_pending_function() -> TestResult {
    let world = World::new()?;
    let refusing = |code: &str, message: &str| {
        let error = json!({"code": code, "message": message, "status": 409});
        json!([{"operation": "Invoke", "caller": "root", "milliseconds": 1000, "action": {"error": error}}])
    };
    let up = ["up", "--local", "--yes", "--output", "json"];
    start_with(&world, &refusing("ResourceNotFoundException", "Function not found")).await?;
    world.run(&up).await?.succeeded()?;

    // An `up` that was killed right after creating it leaves the next one nothing to change.
    let pending =
        "The operation cannot be performed at this time. The function is currently in the following state: Pending";
    write_faults(&world, &refusing("ResourceConflictException", pending))?;
    let next = world.run(&up).await?.succeeded()?.result()?;
    assert_eq!((&next["created"], &next["updated"]), (&0.into(), &0.into()), "{next}");
    Ok(())
}

fn refusing_rules() -> Value {
    let error = json!({"code": "AccessDeniedException", "message": REFUSAL, "status": 400});
    json!([{"service": "events", "operation": "PutTargets", "action": {"error": error}}])
}

async fn start_with(world: &World, faults: &Value) -> TestResult {
    write_faults(world, faults)?;
    world.run(&["local", "start", "--faults", "faults.json"]).await?.succeeded()?;
    Ok(())
}

/// The local AWS reloads them whenever they change.
fn write_faults(world: &World, faults: &Value) -> TestResult {
    Ok(std::fs::write(world.home().join("faults.json"), faults.to_string())?)
}
