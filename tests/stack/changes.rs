//! A second `up` changes only what differs.

use std::path::PathBuf;

use serde_json::Value;

use crate::harness::{ADDRESS, TestResult, World};

#[tokio::test]
async fn a_new_handler_updates_both_functions() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let before = code(&aws).await?;
    // Bytes appended to a program change only its hash.
    let mut handler = std::fs::read(built_handler()?)?;
    handler.extend(b"another build");
    std::fs::write(world.home().join("bootstrap"), handler)?;

    let up = ["up", "--local", "--yes", "--handler", "bootstrap", "--output", "json"];
    let finished = world.run(&up).await?.succeeded()?;
    assert!(finished.stderr.contains("self-check"), "{finished:?}");
    let result = finished.result()?;
    assert_eq!((&result["created"], &result["updated"], &result["deleted"]), (&0.into(), &2.into(), &0.into()));
    let updated: Vec<Value> = finished.json_lines()?.into_iter().filter(|line| line["action"] == "update").collect();
    assert!(updated.iter().all(|line| line["resource_type"] == "AWS::Lambda::Function"), "{updated:?}");
    let after = code(&aws).await?;
    assert!(after[0] == after[1] && after != before, "{before:?} {after:?}");

    let again = world.run(&up).await?.succeeded()?.result()?;
    assert_eq!(again["updated"], 0, "{again}");
    Ok(())
}

#[tokio::test]
async fn a_changed_retention_is_planned_and_set() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    std::fs::write(world.home().join("incidentctl.yaml"), "log_retention_days: 14\n")?;
    let plan = ["plan", "--local", "--detailed-exitcode", "--output", "json"];
    let planned = world.run(&plan).await?.ended_with(2)?.json()?;
    let changes = planned["changes"].as_array().ok_or("no changes")?;
    let changed: Vec<&Value> = changes.iter().filter(|change| change["action"] != "none").collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    for change in changed {
        assert_eq!(change["type"], "AWS::Logs::LogGroup");
        assert_eq!(change["cause"], "template");
        assert_eq!(change["properties"][0], serde_json::json!({"path": "RetentionInDays", "before": 30, "after": 14}));
        assert_eq!(change["properties"][1]["path"], "Tags[incidentctl:applied].Value", "{change}");
    }
    let result = world.run(&["up", "--local", "--yes", "--output", "json"]).await?.succeeded()?.result()?;
    assert_eq!((&result["created"], &result["updated"]), (&0.into(), &2.into()), "{result}");
    let groups = aws.logs.describe_log_groups().send().await?;
    assert!(groups.log_groups().iter().all(|group| group.retention_in_days() == Some(14)), "{groups:?}");
    world.run(&plan).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_pending_address_is_resubscribed() -> TestResult {
    let world = World::new()?;
    let up = ["up", "--local", "--yes", "--email", ADDRESS, "--output", "json"];
    let first = world.run(&up).await?.succeeded()?.result()?;
    let aws = world.aws().await?;
    assert_eq!((&first["subscribed_again"], aws.mails()?.len()), (&serde_json::json!([]), 1), "{first}");

    let again = world.run(&up).await?.succeeded()?;
    assert!(again.stderr.contains(&format!("sent another confirmation mail to {ADDRESS}")), "{again:?}");
    let result = again.result()?;
    assert_eq!(
        (&result["subscribed_again"], &result["created"]),
        (&serde_json::json!([ADDRESS]), &0.into()),
        "{result}"
    );
    assert_eq!(aws.mails()?.len(), 2);

    world.run(&["local", "outbox", "--confirm"]).await?.succeeded()?;
    let confirmed = world.run(&up).await?.succeeded()?.result()?;
    assert_eq!(confirmed["subscribed_again"], serde_json::json!([]), "{confirmed}");
    assert_eq!(aws.mails()?.len(), 2);
    Ok(())
}

async fn code(aws: &crate::harness::Aws) -> TestResult<[Option<String>; 2]> {
    let mut hashes = [None, None];
    for (hash, name) in hashes.iter_mut().zip(["devops-error-generator", "devops-incident-handler"]) {
        *hash = aws.lambda.get_function_configuration().function_name(name).send().await?.code_sha256;
    }
    Ok(hashes)
}

/// The handler built by `up`.
pub(super) fn built_handler() -> TestResult<PathBuf> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_incidentctl"));
    let target = program.ancestors().nth(2).ok_or("the program is not in a target directory")?;
    let found = ["debug", "handler"].map(|folder| target.join(folder).join("incident-handler"));
    Ok(found.into_iter().find(|path| path.is_file()).ok_or("no handler was built")?)
}
