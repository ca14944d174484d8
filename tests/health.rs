//! `status` and `doctor` on a healthy and on a broken stack.

use serde_json::Value;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const STATUS: [&str; 4] = ["status", "--local", "--output", "json"];
const DOCTOR: [&str; 4] = ["doctor", "--local", "--output", "json"];

#[tokio::test]
async fn a_working_stack_is_healthy() -> TestResult {
    let world = World::new()?;
    let nothing = world.run(&STATUS).await?.ended_with(1)?.json()?;
    assert_eq!(nothing["ok"], false);
    said(&nothing, "not deployed")?;

    world.up().await?;
    world.run(&["trigger-test", "--local"]).await?.succeeded()?;
    let status = world.run(&STATUS).await?.succeeded()?.json()?;
    assert_eq!(status["ok"], true, "{status}");
    assert_eq!(status["problems"], Value::Array(Vec::new()));
    assert_eq!(status["resources"]["total"], status["resources"]["as_they_should_be"], "{}", status["drift"]);
    assert_eq!(status["subscriptions"][0]["endpoint"], ADDRESS);
    assert_eq!(status["subscriptions"][0]["pending"], false);
    assert_eq!(status["incidents"].as_array().map(Vec::len), Some(1));
    assert_eq!((&status["queues"]["rule"], &status["queues"]["handler"]), (&0.into(), &0.into()));
    assert_eq!(status["alarms"].as_array().map(Vec::len), Some(10));
    assert_eq!(status["self_check"]["ok"], true);
    let text = world.run(&STATUS[..2]).await?.succeeded()?.stdout;
    for words in ["healthy", ADDRESS, "confirmed", "0 of the rules, 0 of the handler"] {
        assert!(text.contains(words), "`{words}` is missing in {text}");
    }

    let doctor = world.run(&DOCTOR).await?.succeeded()?.json()?;
    for name in ["credentials", "region", "clock", "names", "subscriptions", "coverage", "handler", "metrics", "roles"]
    {
        assert_eq!(check(&doctor, name)?["status"], "ok", "{doctor}");
    }
    Ok(())
}

#[tokio::test]
async fn damage_is_reported_with_its_remedy() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    aws.events.disable_rule().name("devops-function-failures").send().await?;
    aws.lambda
        .remove_permission()
        .function_name("devops-incident-handler")
        .statement_id(statement(&aws).await?)
        .send()
        .await?;
    let url = aws.sqs.get_queue_url().queue_name("devops-handler-dlq").send().await?.queue_url.ok_or("no URL")?;
    aws.sqs.send_message().queue_url(url).message_body("{}").send().await?;

    let status = world.run(&STATUS).await?.ended_with(1)?.json()?;
    for words in ["FunctionFailureRule was changed", "Permission is missing", "1 event that the handler gave up on"] {
        said(&status, words)?;
    }
    assert_eq!(status["drift"].as_array().map(Vec::len), Some(2), "{status}");
    let doctor = world.run(&DOCTOR).await?.ended_with(1)?.json()?;
    assert_eq!(doctor["ok"], false);
    let coverage = check(&doctor, "coverage")?;
    assert_eq!(coverage["status"], "fail");
    assert!(coverage["hint"].as_str().is_some_and(|hint| hint.contains("`incidentctl up --local`")), "{coverage}");
    Ok(())
}

#[tokio::test]
async fn a_pending_address_is_reported_with_its_age() -> TestResult {
    let world = World::new()?;
    world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    let status = world.run(&STATUS).await?.ended_with(1)?.json()?;
    said(&status, "not confirmed by ada@example.com")?;
    let subscription = &status["subscriptions"][0];
    assert_eq!(subscription["pending"], true);
    assert!(subscription["pending_since"].is_string() && subscription["expires_at"].is_string(), "{subscription}");
    let text = world.run(&STATUS[..2]).await?.ended_with(1)?.stdout;
    assert!(text.contains("pending for 0 h") && text.contains("expires in 48 h"), "{text}");
    Ok(())
}

#[tokio::test]
async fn doctor_reports_obstacles_before_the_first_change() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    aws.sns.create_topic().name("devops-alerts").send().await?;
    let doctor = world.run(&DOCTOR).await?.ended_with(1)?.json()?;
    let names = check(&doctor, "names")?;
    assert_eq!(names["status"], "fail");
    assert!(names["message"].as_str().is_some_and(|message| message.contains("devops-alerts")), "{names}");
    assert_eq!(check(&doctor, "coverage")?["message"], "the stack is not deployed yet");
    Ok(())
}

#[tokio::test]
async fn doctor_works_without_an_account() -> TestResult {
    let world = World::new()?;
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")];
    let arguments = ["doctor", "--region", "eu-central-1", "--output", "json"];
    let doctor = world.run_with(&arguments, &variables).await?.ended_with(1)?.json()?;
    let connection = check(&doctor, "connection")?;
    assert_eq!(connection["status"], "fail");
    assert!(connection["hint"].as_str().is_some_and(|hint| hint.contains("aws sso login")), "{connection}");
    Ok(())
}

fn check<'a>(doctor: &'a Value, name: &str) -> TestResult<&'a Value> {
    let checks = doctor["checks"].as_array().ok_or("no checks")?;
    Ok(checks.iter().find(|check| check["name"] == name).ok_or_else(|| format!("no check `{name}` in {doctor}"))?)
}

fn said(status: &Value, words: &str) -> TestResult {
    let problems = status["problems"].as_array().ok_or("no problems")?;
    let is_said = |problem: &Value| problem["message"].as_str().is_some_and(|message| message.contains(words));
    match problems.iter().any(is_said) {
        true => Ok(()),
        false => Err(format!("`{words}` is missing in {problems:?}").into()),
    }
}

async fn statement(aws: &Aws) -> TestResult<String> {
    let policy = aws.lambda.get_policy().function_name("devops-incident-handler").send().await?;
    let policy: Value = serde_json::from_str(policy.policy().ok_or("no policy")?)?;
    Ok(policy["Statement"][0]["Sid"].as_str().ok_or("no statement")?.to_owned())
}
