//! What `plan` and `up` say of the monthly bill, and that it reckons with what the handler does.

use std::collections::BTreeMap;

use incident_deploy::cost::{QUIET_SWEEP, prices};
use serde_json::json;

use crate::deployer::calls;
use crate::harness::{ADDRESS, Aws, TestResult, World};
use crate::watch::create;

const PLAN: [&str; 4] = ["plan", "--local", "--email", ADDRESS];
const UP: [&str; 5] = ["up", "--local", "--yes", "--email", ADDRESS];
const JSON: [&str; 2] = ["--output", "json"];

/// A stack that does not exist yet, one that is being made and one that is there cost the same, however many functions the
/// account has.
#[tokio::test]
async fn plan_and_up_say_the_same_before_and_after() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let without = world.run(&[&PLAN[..], &JSON].concat()).await?.succeeded()?.json()?["cost"].clone();
    for name in ["orders", "billing", "search"] {
        create(&aws, name).await?;
    }
    let cost = world.run(&[&PLAN[..], &JSON].concat()).await?.succeeded()?.json()?["cost"].clone();
    assert_eq!(cost, without);
    let expected = json!({
        "what": "standard alarms", "quantity": 11.0, "unit": "alarm", "unit_usd": 0.1, "monthly_usd": 1.1,
        "free_tier_usd": 1.0, "source": prices::STANDARD_ALARM.source,
    });
    assert!(cost["items"].as_array().is_some_and(|items| items.contains(&expected)), "{cost:#}");
    assert_eq!((&cost["as_of"], &cost["region"]), (&json!(prices::AS_OF), &json!(prices::REGION)), "{cost:#}");
    assert_eq!(cost["query_budget_usd"], 5.0);

    let planned = line_in(&world.run(&PLAN).await?.succeeded()?.stdout)?;
    let made = world.run(&UP).await?.succeeded()?;
    assert_eq!(line_in(&made.stderr)?, planned);
    assert_eq!(line_in(&world.run(&UP).await?.succeeded()?.stderr)?, planned, "nothing to change");
    assert_eq!(line_in(&world.run(&PLAN).await?.succeeded()?.stdout)?, planned, "everything is there");
    let result = world.run(&[&UP[..], &JSON].concat()).await?.succeeded()?.result()?;
    assert_eq!(result["cost"], cost);
    Ok(())
}

/// The one line about the bill.
fn line_in(text: &str) -> TestResult<String> {
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("idle cost: about $")).collect();
    match lines[..] {
        [line] => Ok(line.to_owned()),
        _ => Err(format!("{} lines about the bill in {text}", lines.len()).into()),
    }
}

#[tokio::test]
async fn it_stands_before_the_question() -> TestResult {
    let world = World::new()?;
    world.start().await?;
    let asked = world.run(&["up", "--local", "--email", ADDRESS]).await?.ended_with(1)?;
    let place = |words: &str| asked.stderr.find(words).ok_or(format!("`{words}` is missing in {}", asked.stderr));
    assert!(place("to create")? < place("idle cost: ")? && place("idle cost: ")? < place("confirmation needed")?);
    Ok(())
}

/// The calls of one sweep that finds nothing to do.
#[tokio::test]
async fn a_sweep_makes_the_calls_that_it_is_billed_for() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    // A new handler looks whether the table still has a former index.
    sweep(&aws).await?;
    let before = of_handler(&aws).await?;
    sweep(&aws).await?;
    let after = of_handler(&aws).await?;
    let made: BTreeMap<String, u32> = after
        .iter()
        .map(|(operation, count)| (operation.clone(), count - before.get(operation).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0)
        .collect();
    let billed = [
        ("DescribeAlarms", QUIET_SWEEP.alarms),
        ("GetItem", QUIET_SWEEP.reads),
        ("GetTopicAttributes", QUIET_SWEEP.sns_requests),
        ("PutItem", QUIET_SWEEP.writes),
        ("Query", QUIET_SWEEP.queries),
    ];
    assert_eq!(made, billed.map(|(operation, count)| (operation.to_owned(), count)).into());
    Ok(())
}

async fn sweep(aws: &Aws) -> TestResult {
    let sweep = aws_sdk_lambda::primitives::Blob::new(r#"{"incidentctl":"sweep"}"#);
    let swept = aws.lambda.invoke().function_name("devops-incident-handler").payload(sweep).send().await?;
    assert_eq!(swept.function_error(), None, "{swept:?}");
    Ok(())
}

/// How often the handler made each call.
async fn of_handler(aws: &Aws) -> TestResult<BTreeMap<String, u32>> {
    let calls = calls(&aws.endpoint, &aws.secret).await?;
    let mut counts = BTreeMap::new();
    for call in calls.as_array().ok_or("no calls")? {
        if call["principal"].as_str().is_some_and(|arn| arn.contains("assumed-role/devops-incident-handler-")) {
            *counts.entry(call["operation"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    Ok(counts)
}
