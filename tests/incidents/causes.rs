//! `trigger-test` with a cause: the generator is changed for it, and put back whatever happens.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{text, trigger};
use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

const GENERATOR: &str = "devops-error-generator";
const PLAN: [&str; 7] = ["plan", "--local", "--email", ADDRESS, "--detailed-exitcode", "--output", "json"];
const BAD_DEPLOY: [&str; 6] = ["trigger-test", "--local", "--kind", "bad-deploy", "--output", "json"];

/// What a test changes: the hash of the code, the memory, and the tag about it.
async fn state(aws: &Aws) -> TestResult<(String, i32, Option<String>)> {
    let found = aws.lambda.get_function().function_name(GENERATOR).send().await?;
    let configuration = found.configuration.ok_or("no configuration")?;
    let tag = found.tags.and_then(|mut tags| tags.remove("incidentctl:trigger-test"));
    Ok((configuration.code_sha256.unwrap_or_default(), configuration.memory_size.unwrap_or_default(), tag))
}

#[tokio::test]
async fn the_alert_names_the_cause_and_the_generator_is_as_before() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let before = state(&aws).await?;
    assert_eq!((before.1, &before.2), (256, &None));
    for (kind, error, cause) in [
        // First, because a generator that was just put back has a change right before its next failure.
        ("dependency", "ConnectError", "dependency"),
        ("bad-deploy", "Runtime.ExitError", "deployment"),
        ("config-change", "Runtime.", "configuration"),
    ] {
        let result = alert_in_time(&world, kind).await?;
        assert_eq!(state(&aws).await?, before, "after {kind}");
        let id = text(&result, "incident_id")?;
        let shown = world.run(&["incidents", "show", &id, "--local", "--output", "json"]).await?.succeeded()?.json()?;
        assert!(shown["error_type"].as_str().is_some_and(|class| class.starts_with(error)), "{kind}: {shown}");
        assert_eq!(result["cause"], shown["cause"], "{result}");
        assert_eq!(result["statement"], shown["analysis"]["statement"], "{result}");
        assert_eq!((&result["cause"], &result["cause_as_expected"]), (&json!(cause), &json!(true)), "{shown:#}");
        if kind == "dependency" {
            analysed_again(&world).await?;
        }
    }
    let exception = trigger(&world, "exception").await?;
    assert_eq!(exception.get("cause_as_expected"), None, "it is about no cause");
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

/// The result of a test whose evidence all arrived: it has a second, and this machine may be busy.
async fn alert_in_time(world: &World, kind: &str) -> TestResult<Value> {
    for _ in 0..5 {
        let result = trigger(world, kind).await?;
        let id = text(&result, "incident_id")?;
        let shown = world.run(&["incidents", "show", &id, "--local", "--output", "json"]).await?.succeeded()?.json()?;
        let missing = shown["analysis"]["missing"].as_array();
        if missing.is_some_and(|missing| missing.iter().all(|one| one["reason"] != "late")) {
            return Ok(result);
        }
    }
    Err(format!("no evidence about {kind} in time").into())
}

/// The newest incident: what the handler finds out now takes the place of what it found before, and is not mailed.
async fn analysed_again(world: &World) -> TestResult {
    let list = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let id = text(&list[0], "incident_id")?;
    // The time of an analysis is known to the second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let again = ["incidents", "analyse", &id, "--local", "--output", "json"];
    let analysis = world.run(&again).await?.succeeded()?.json()?;
    assert_eq!(analysis["cause"], list[0]["cause"], "{analysis:#}");
    assert_ne!(analysis["at"], list[0]["analysis"]["at"]);
    let shown = world.run(&["incidents", "show", &id, "--local", "--output", "json"]).await?.succeeded()?.json()?;
    assert_eq!((&shown["analysis"], &shown["notices"]), (&analysis, &list[0]["notices"]));
    let text = world.run(&again[..4]).await?.succeeded()?.stdout;
    assert!(text.starts_with("cause         dependency, "), "{text}");
    Ok(())
}

/// Without the rule that forwards failures, a test waits until its time is over.
async fn stop_the_alerts(aws: &Aws) -> TestResult {
    aws.events.disable_rule().name("devops-function-failures").send().await?;
    Ok(())
}

#[tokio::test]
async fn the_generator_is_put_back_whatever_ends_the_test() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    stop_the_alerts(&aws).await?;
    let before = state(&aws).await?;

    let late = world.run(&[&BAD_DEPLOY[..], &["--timeout", "1"]].concat()).await?.ended_with(1)?;
    assert_eq!(state(&aws).await?, before, "{late:?}");

    for signal in ["INT", "TERM"] {
        let test = started(&world, &aws, &BAD_DEPLOY).await?;
        send(signal, &test)?;
        let ended = tokio::task::spawn_blocking(|| test.wait_with_output()).await??;
        assert_eq!(ended.status.code(), Some(130), "{ended:?}");
        assert_eq!(state(&aws).await?, before, "{signal}");
    }

    // Lambda refuses to take the code before: all attempts but the one that breaks it.
    let denied = json!({"error": {"code": "AccessDeniedException", "message": "no", "status": 403}});
    aws.break_calls(&json!([{"operation": "UpdateFunctionCode", "call": 2, "times": 3, "action": denied}])).await?;
    let broken = world.run(&[&BAD_DEPLOY[..], &["--timeout", "1"]].concat()).await?.ended_with(1)?;
    let result = broken.result()?;
    assert_eq!(result["restored"], false, "{result}");
    assert!(broken.stderr.contains("still changed") || result.to_string().contains("still changed"), "{broken:?}");
    assert_ne!(state(&aws).await?.0, before.0);
    aws.break_calls(&json!([])).await?;

    let again = world.run(&[&BAD_DEPLOY[..], &["--timeout", "1"]].concat()).await?.ended_with(1)?;
    assert!(again.stderr.contains("an earlier test left devops-error-generator broken"), "{again:?}");
    assert_eq!(state(&aws).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_test_that_is_killed_is_undone_by_the_next_one_or_by_up() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let before = state(&aws).await?;
    stop_the_alerts(&aws).await?;
    killed(&world, &aws, "bad-deploy").await?;
    let broken = state(&aws).await?;
    assert_eq!((broken.1, broken.2.as_deref()), (256, Some("code")));
    assert_ne!(broken.0, before.0);
    let plan = world.run(&PLAN).await?.ended_with(2)?.json()?;
    let changed: Vec<&Value> =
        plan["changes"].as_array().into_iter().flatten().filter(|change| change["action"] != "none").collect();
    assert!(
        changed.iter().any(|change| change["logical_id"] == "ErrorGenerator" && change["cause"] == "drift"),
        "{changed:?}"
    );

    aws.events.enable_rule().name("devops-function-failures").send().await?;
    let next = world.run(&["trigger-test", "--local", "--output", "json"]).await?.succeeded()?;
    assert!(next.stderr.contains("an earlier test left devops-error-generator broken"), "{next:?}");
    assert_eq!(state(&aws).await?, before);
    world.run(&PLAN).await?.succeeded()?;

    stop_the_alerts(&aws).await?;
    killed(&world, &aws, "config-change").await?;
    assert_eq!(state(&aws).await?, (before.0.clone(), 128, Some("memory=256".to_owned())));
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    assert_eq!(state(&aws).await?.1, 256);
    trigger(&world, "exception").await?;
    assert_eq!(state(&aws).await?, before, "the tag is gone, too");
    Ok(())
}

/// A test that has changed the generator, and waits for an alert.
async fn started(world: &World, aws: &Aws, arguments: &[&str]) -> TestResult<Child> {
    let before = state(aws).await?;
    let test = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    eventually("the change", async || {
        let now = state(aws).await?;
        Ok(((&now.0, now.1) != (&before.0, before.1)).then_some(()))
    })
    .await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok(test)
}

async fn killed(world: &World, aws: &Aws, kind: &str) -> TestResult {
    let mut test = started(world, aws, &["trigger-test", "--local", "--kind", kind]).await?;
    test.kill()?;
    test.wait()?;
    Ok(())
}

fn send(signal: &str, to: &Child) -> TestResult {
    let sent = std::process::Command::new("kill").args(["-s", signal, &to.id().to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err(format!("kill -s {signal} failed").into()) }
}
