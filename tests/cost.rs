//! What `plan` and `up` say of the monthly bill, and that it reckons with what the handler does.

use std::collections::BTreeMap;

use incident_deploy::cost::{QUIET_SWEEP, prices};
use incident_local::gateway::faults::{Action, Rule};
use serde_json::json;

use crate::deployer::calls;
use crate::harness::{ADDRESS, Aws, Desired, TestBed, TestResult, World};
use crate::watch::create;

const PLAN: [&str; 4] = ["plan", "--local", "--email", ADDRESS];
const UP: [&str; 5] = ["up", "--local", "--yes", "--email", ADDRESS];
const JSON: [&str; 2] = ["--output", "json"];

/// A stack that does not exist yet, one that is being made and one that is there cost the same: the alarm leaves out the
/// stack's own functions.
#[tokio::test]
async fn plan_and_up_say_the_same_before_and_after() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    for name in ["orders", "billing", "search"] {
        create(&aws, name).await?;
    }
    let cost = world.run(&[&PLAN[..], &JSON].concat()).await?.succeeded()?.json()?["cost"].clone();
    let expected = json!({
        "what": "alarm on every function", "quantity": 3.0, "unit": "function", "unit_usd": 0.1, "monthly_usd": 0.3,
        "free_tier_usd": 0.0, "source": prices::QUERIED_FUNCTION.source,
    });
    assert!(cost["items"].as_array().is_some_and(|items| items.contains(&expected)), "{cost:#}");
    assert_eq!((&cost["as_of"], &cost["region"]), (&json!(prices::AS_OF), &json!(prices::REGION)), "{cost:#}");

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

#[tokio::test(flavor = "multi_thread")]
async fn where_functions_cannot_be_counted_it_has_the_price_of_one() -> TestResult {
    let laboratory = TestBed::new().await?;
    let denied = Action::Error { code: "AccessDeniedException".to_owned(), message: "no".to_owned(), status: 403 };
    let unknown = Action::Error { code: "UnknownOperation".to_owned(), message: String::new(), status: 404 };
    for action in [denied, unknown] {
        laboratory.handle.set_faults(vec![Rule {
            milliseconds: None,
            service: None,
            operation: Some("GetAccountSettings".to_owned()),
            resource: None,
            caller: None,
            call: None,
            times: None,
            action,
        }]);
        let mut plan = laboratory.program("plan", &Desired::default())?;
        plan.arg("--handler").arg(Desired::default().handler(laboratory.directory.path())?);
        let finished = plan.output().await?;
        let said = String::from_utf8_lossy(&finished.stdout);
        assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
        assert!(line_in(&said)?.ends_with(", plus $0.10 per function for the alarm on every function"), "{said}");
    }
    Ok(())
}

/// The calls of one sweep that finds nothing to do.
#[tokio::test]
async fn a_sweep_makes_the_calls_that_it_is_billed_for() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "schedule: never\n")?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    let before = of_handler(&aws).await?;
    let sweep = aws_sdk_lambda::primitives::Blob::new(r#"{"incidentctl":"sweep"}"#);
    let swept = aws.lambda.invoke().function_name("devops-incident-handler").payload(sweep).send().await?;
    assert_eq!(swept.function_error(), None, "{swept:?}");
    let after = of_handler(&aws).await?;
    let made: BTreeMap<String, u32> = after
        .iter()
        .map(|(operation, count)| (operation.clone(), count - before.get(operation).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0)
        .collect();
    let billed = [
        ("GetItem", QUIET_SWEEP.reads),
        ("GetTopicAttributes", QUIET_SWEEP.sns_requests),
        ("PutItem", QUIET_SWEEP.writes),
        ("Query", QUIET_SWEEP.queries),
    ];
    assert_eq!(made, billed.map(|(operation, count)| (operation.to_owned(), count)).into());
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
