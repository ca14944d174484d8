//! `up` and `down`: what they create, read back with the SDK, and what they leave.

mod analysis;
mod changes;
mod cloudformation;
mod consent;
mod drift;
mod failures;
mod mapping;
mod old;
mod orphans;
mod outage_alarms;
mod own_events;
mod ownership;
mod queues;
mod read_back;
mod schema;
mod self_check;
mod subscriptions;
mod teardown;
mod update;

use crate::harness::{ADDRESS, Aws, TestResult, World};

const UP: [&str; 7] = ["up", "--local", "--yes", "--email", ADDRESS, "--output", "json"];

#[tokio::test]
async fn up_completes_all_ten_steps() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    read_back::roles(&aws).await?;
    read_back::table(&aws).await?;
    read_back::topic(&aws).await?;
    read_back::functions(&aws).await?;
    read_back::logs(&aws).await?;
    read_back::alarms(&aws).await?;
    read_back::rules(&aws).await?;
    read_back::queues(&aws).await?;
    read_back::mapping(&aws).await?;
    read_back::self_check(&aws).await
}

#[tokio::test]
async fn a_second_up_changes_nothing() -> TestResult {
    let world = World::new()?;
    let first = world.run(&UP).await?.succeeded()?.result()?;
    assert_eq!(first["ok"], true);
    assert_eq!(first["unchanged"], 0);
    let made = first["created"].as_u64().ok_or("no number of created resources")?;
    assert!(made >= 29, "28 resources of the template and a subscription, not {made}");

    let second = world.run(&UP).await?.succeeded()?.result()?;
    for (key, expected) in [("created", 0), ("updated", 0), ("replaced", 0), ("deleted", 0), ("unchanged", made)] {
        assert_eq!(second[key], expected, "{key}: {second}");
    }
    assert_eq!(second["outputs"], first["outputs"]);
    let said = world.run(&UP[..5]).await?.succeeded()?;
    assert!(
        format!("{}{}", said.stdout, said.stderr).contains("changed nothing") || said.stderr.contains("unchanged"),
        "{said:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_second_up_detects_a_new_address() -> TestResult {
    let world = World::new()?;
    world.run(&UP).await?.succeeded()?;
    let more = ["up", "--local", "--yes", "--email", ADDRESS, "--email", "grace@example.com", "--output", "json"];
    let second = world.run(&more).await?.succeeded()?.result()?;
    assert_eq!((&second["created"], &second["deleted"]), (&1.into(), &0.into()), "{second}");
    assert_eq!(addresses(&world.aws().await?).await?, [ADDRESS, "grace@example.com"]);
    Ok(())
}

#[tokio::test]
async fn down_leaves_nothing_and_a_second_down_succeeds() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    world.run(&["down", "--local", "--yes"]).await?.succeeded()?;

    assert!(aws.iam.list_roles().send().await?.roles().is_empty());
    assert!(aws.dynamodb.list_tables().send().await?.table_names().is_empty());
    assert!(aws.sns.list_topics().send().await?.topics().is_empty());
    assert!(aws.lambda.list_functions().send().await?.functions().is_empty());
    assert!(aws.logs.describe_log_groups().send().await?.log_groups().is_empty());
    assert!(aws.cloudwatch.describe_alarms().send().await?.metric_alarms().is_empty());
    assert!(aws.cloudwatch.list_dashboards().send().await?.dashboard_entries().is_empty());
    assert!(aws.events.list_rules().send().await?.rules().is_empty());
    assert!(aws.sqs.list_queues().send().await?.queue_urls().is_empty());

    let second = world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    assert!(format!("{}{}", second.stdout, second.stderr).contains("nothing"), "{second:?}");
    Ok(())
}

#[tokio::test]
async fn down_leaves_foreign_resources() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    aws.sns.create_topic().name("devops-foreign").send().await?;
    aws.sqs.create_queue().queue_name("devops-foreign").send().await?;
    world.run(&["down", "--local", "--yes"]).await?.succeeded()?;
    assert_eq!(aws.sns.list_topics().send().await?.topics().len(), 1);
    assert_eq!(aws.sqs.list_queues().send().await?.queue_urls().len(), 1);
    Ok(())
}

/// The topic's addresses, sorted.
async fn addresses(aws: &Aws) -> TestResult<Vec<String>> {
    let found = aws.sns.list_subscriptions_by_topic().topic_arn(aws.arn("sns", "devops-alerts")).send().await?;
    let mut addresses: Vec<_> =
        found.subscriptions().iter().filter_map(|one| Some(one.endpoint()?.to_owned())).collect();
    addresses.sort();
    Ok(addresses)
}
