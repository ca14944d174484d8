//! `trigger-test` and `incidents`: from a deliberate failure to the mail.

mod analysis;
mod causes;
mod changes;
mod layout;
mod silences;
mod stats;
pub(crate) mod table;
mod versions;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

#[tokio::test]
async fn a_failure_becomes_an_incident_and_a_mail() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let result = trigger(&world, "exception").await?;
    let id = text(&result, "incident_id")?;
    for stage in ["invoked", "failed", "recorded", "notified"] {
        assert!(!result["stages"][stage].is_null(), "{stage} is missing: {result}");
    }

    // In the table, read as another program would.
    let key = AttributeValue::S(id.clone());
    let item = aws.dynamodb.get_item().table_name("devops-incidents").key("incident_id", key).send().await?;
    let item = item.item().ok_or("the record is not in the table")?;
    assert_eq!(item["status"], AttributeValue::S("open".into()));
    assert_eq!(item["source"], AttributeValue::S("lambda".into()));
    assert_eq!(item["resource"], AttributeValue::S("devops-error-generator".into()));
    assert_eq!(item["request_id"], AttributeValue::S(text(&result, "request_id")?));

    // In the mail.
    let alerts = aws.until_alerts(1).await?;
    let [mail] = &alerts[..] else { return Err(format!("{alerts:?}").into()) };
    assert_eq!(mail.to, ADDRESS);
    assert!(mail.subject.is_ascii() && mail.subject.len() <= 100, "{}", mail.subject);
    for part in [&id, &text(&result, "severity")?, "devops-error-generator"] {
        assert!(mail.body.contains(part) || mail.subject.contains(part), "the mail lacks {part}: {mail:?}");
    }

    // On the command line.
    let list = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list[0]["incident_id"], Value::from(id.clone()));
    assert_eq!(list[0]["occurrences"], 1);
    assert!(!list[0]["recommendation"].as_str().unwrap_or_default().is_empty());
    let shown = world.run(&["incidents", "show", &id, "--local"]).await?.succeeded()?.stdout;
    let recommendation = list[0]["recommendation"].as_str().unwrap_or("?");
    assert!(shown.contains(&id) && unwrapped(&shown).contains(&unwrapped(recommendation)), "{shown}");
    let table = world.run(&["incidents", "list", "--local"]).await?.succeeded()?.stdout;
    assert!(table.contains(&id), "{table}");
    Ok(())
}

#[tokio::test]
async fn each_failure_kind_has_its_severity() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let kinds = [
        ("exception", "MEDIUM"),
        ("timeout", "HIGH"),
        ("oom", "HIGH"),
        ("panic", "HIGH"),
        ("crash", "HIGH"),
        ("access-denied", "HIGH"),
    ];
    let mut judged = Vec::new();
    for (kind, _) in kinds {
        let result = trigger(&world, kind).await?;
        judged.push((kind, text(&result, "severity")?));
    }
    assert_eq!(judged, kinds.map(|(kind, severity)| (kind, severity.to_owned())));

    let list = world.run(&["incidents", "list", "--local", "--output", "json"]).await?.succeeded()?.json()?;
    let recommendations: std::collections::BTreeSet<_> =
        list.as_array().into_iter().flatten().filter_map(|one| one["recommendation"].as_str()).collect();
    assert_eq!(list.as_array().map(Vec::len), Some(kinds.len()), "each drill is an incident of its own");
    assert!(recommendations.len() >= 5, "what to do depends on what happened: {recommendations:#?}");
    assert_eq!(aws.until_alerts(kinds.len()).await?.len(), kinds.len());
    Ok(())
}

#[tokio::test]
async fn a_pending_subscription_gets_no_alert() -> TestResult {
    let world = World::new()?;
    let finished = world.run(&["up", "--local", "--yes", "--email", ADDRESS]).await?.succeeded()?;
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(said.contains("pending") && said.contains("local outbox --confirm"), "{said}");
    let aws = world.aws().await?;
    trigger(&world, "exception").await?;
    assert_eq!(aws.alerts()?, []);
    assert_eq!(aws.mails()?.len(), 1, "the confirmation mail is there");

    world.run(&["local", "outbox", "--confirm"]).await?.succeeded()?;
    trigger(&world, "exception").await?;
    assert_eq!(aws.until_alerts(1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn guarantee_1_what_a_handler_may_not_publish_stays_due_and_raises_an_alarm() -> TestResult {
    let world = World::new()?;
    // A sweep every second, which fails at the mail. It takes about as long: more often, handlers pile up.
    world.run(&["local", "start", "--time-scale", "60"]).await?.succeeded()?;
    let aws = world.up().await?;
    let policy = forbid(&aws, "sns:Publish").await?;

    let result =
        world.run(&["trigger-test", "--local", "--timeout", "5", "--output", "json"]).await?.ended_with(1)?.result()?;
    assert_eq!(result["ok"], false);
    let group = "/aws/lambda/devops-incident-handler";
    let lines = aws.logs.filter_log_events().log_group_name(group).filter_pattern("AuthorizationError").send().await?;
    let denied = lines
        .events()
        .iter()
        .filter_map(|event| event.message())
        .any(|line| line.contains("sns:Publish") || line.contains("SNS:Publish"));
    assert!(denied, "{:?}", lines.events());
    // No mail about the incident; but the alert path's own alarms fire, through a channel of their own.
    let alarm = "ALARM: \"devops-handler-errors\"";
    // For a minute, sweeps leave the mail of a new drill to the invocation that recorded it.
    tokio::time::sleep(Duration::from_secs(45)).await;
    eventually("the mail of the alarm on the handler", async || {
        Ok(aws.alerts()?.iter().any(|mail| mail.subject.starts_with(alarm)).then_some(()))
    })
    .await?;
    let alerts = aws.alerts()?;
    assert!(alerts.iter().all(|mail| mail.subject.starts_with("ALARM: ")), "{alerts:?}");

    let role = format!("devops-incident-handler-{}", aws.region);
    aws.iam.put_role_policy().role_name(role).policy_name("incident-handler").policy_document(policy).send().await?;
    eventually("the mail about the incident", async || {
        Ok(aws.alerts()?.iter().any(|mail| mail.subject.contains("TEST: ")).then_some(()))
    })
    .await?;
    assert_eq!(aws.depth("devops-handler-dlq").await?, 0);
    Ok(())
}

/// A text without line breaks, which only suit a terminal.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Removes an action from the handler's policy; returns the policy before.
async fn forbid(aws: &Aws, action: &str) -> TestResult<String> {
    let role = format!("devops-incident-handler-{}", aws.region);
    let policy = aws.iam.get_role_policy().role_name(&role).policy_name("incident-handler").send().await?;
    let document = percent_encoding::percent_decode_str(policy.policy_document()).decode_utf8()?.into_owned();
    let without = document.replace(&format!("\"{action}\""), "\"sns:ListTopics\"");
    assert_ne!(without, document, "the policy does not name {action}");
    aws.iam.put_role_policy().role_name(&role).policy_name("incident-handler").policy_document(without).send().await?;
    Ok(document)
}

/// Triggers one kind of failure; returns the result line.
async fn trigger(world: &World, kind: &str) -> TestResult<Value> {
    let result =
        world.run(&["trigger-test", "--local", "--kind", kind, "--output", "json"]).await?.succeeded()?.result()?;
    assert_eq!(result["ok"], true, "{result}");
    Ok(result)
}

fn text(value: &Value, key: &str) -> TestResult<String> {
    Ok(value[key].as_str().ok_or_else(|| format!("no {key} in {value}"))?.to_owned())
}

#[tokio::test]
async fn custom_rules_precede_the_built_in_ones() -> TestResult {
    let world = World::new()?;
    let rule = "rules:\n  - name: drills\n    pattern: {source: [lambda]}\n    severity: LOW\n    summary: '{resource} was asked to fail'\n    recommendation: Nothing to do.\n";
    std::fs::write(world.home().join("own.yaml"), rule)?;
    std::fs::write(world.home().join("incidentctl.yaml"), "rules: own.yaml\n")?;
    world.up().await?;
    let result = trigger(&world, "exception").await?;
    assert_eq!(result["severity"], "LOW", "{result}");
    let shown = world.run(&["incidents", "show", &text(&result, "incident_id")?, "--local"]).await?.succeeded()?.stdout;
    assert!(shown.contains("devops-error-generator was asked to fail") && shown.contains("drills"), "{shown}");

    // Without them, the code of both functions differs.
    std::fs::write(world.home().join("incidentctl.yaml"), "{}\n")?;
    let plan = ["plan", "--local", "--email", ADDRESS, "--detailed-exitcode"];
    let plan = world.run(&plan).await?.ended_with(2)?;
    assert!(plan.stdout.contains("IncidentHandler"), "{plan:?}");

    // Rules the handler would not understand are not deployed.
    let wrong = world.home().join("own.yaml");
    std::fs::write(&wrong, rule.replace("LOW", "SEVERE"))?;
    let up = ["up", "--local", "--yes", "--email", ADDRESS, "--rules", &wrong.display().to_string()];
    let refused = world.run(&up).await?.ended_with(1)?;
    assert!(
        refused.stderr.contains("line 4, column 15: error: rule `drills`: `SEVERE` is not a severity"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("incidentctl rules check"), "{refused:?}");
    Ok(())
}
