//! `--engine cloudformation`: the same stack by another engine, with nothing left behind.

mod failures;
mod ownership;

use regex::Regex;
use serde_json::Value;

use crate::harness::{ADDRESS, Aws, Finished, Snapshot, TestResult, World, difference, snapshot};

const UP: [&str; 9] = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", "cloudformation", "--output", "json"];
const PLAN: [&str; 7] = ["plan", "--local", "--email", ADDRESS, "--detailed-exitcode", "--output", "json"];
const DOWN: [&str; 5] = ["down", "--local", "--yes", "--output", "json"];

#[tokio::test]
async fn both_engines_create_the_same_stack() -> TestResult {
    let world = World::new()?;
    let mut made = Vec::new();
    for engine in ["direct", "cloudformation"] {
        let up = ["up", "--local", "--yes", "--email", ADDRESS, "--engine", engine, "--output", "json"];
        let result = world.run(&up).await?.succeeded()?.result()?;
        let aws = world.aws().await?;
        made.push((counts(&result), result["outputs"].clone(), comparable(snapshot(&aws).await?)?));
        world.run(&PLAN).await?.succeeded()?;
        world.run(&DOWN).await?.succeeded()?;
        is_empty(&aws).await?;
        // SQS reserves deleted queues' names for a minute.
        world.run(&["local", "stop"]).await?.succeeded()?;
        std::fs::remove_dir_all(world.home().join("local-aws"))?;
    }
    let [(direct_counts, direct_outputs, direct), (counts, outputs, found)] = made.as_slice() else {
        return Err("not two".into());
    };
    assert_eq!(counts, direct_counts);
    assert_eq!(without_port(outputs), without_port(direct_outputs));
    let different = difference(direct, found);
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

#[tokio::test]
async fn only_differences_are_changed_and_nothing_the_second_time() -> TestResult {
    let world = World::new()?;
    let made = world.run(&UP).await?.succeeded()?.result()?["created"].as_u64().ok_or("nothing created")?;
    let again = world.run(&UP).await?.succeeded()?.result()?;
    assert_eq!(counts(&again), [0, 0, 0, 0, made], "{again}");

    std::fs::write(world.home().join("incidentctl.yaml"), "log_retention_days: 14\n")?;
    // The engine is detected without a flag.
    let planned = world.run(&PLAN).await?.ended_with(2)?.json()?;
    let changed = planned["changes"].as_array().into_iter().flatten().filter(|change| change["action"] == "update");
    assert_eq!(changed.map(|change| &change["cause"]).collect::<Vec<_>>(), ["template", "template"]);
    let updated = world.run(&["up", "--local", "--yes", "--email", ADDRESS, "--output", "json"]).await?.succeeded()?;
    assert_eq!(counts(&updated.result()?), [0, 2, 0, 0, made - 2]);
    let statuses = statuses(&updated)?;
    assert_eq!(
        (statuses.first(), statuses.last()),
        (Some(&"UPDATE_IN_PROGRESS".into()), Some(&"UPDATE_COMPLETE".into()))
    );
    world.run(&PLAN).await?.succeeded()?;

    // Another build is another zip; the previous one is not kept.
    let mut handler = std::fs::read(super::changes::built_handler()?)?;
    handler.extend(b"another build");
    std::fs::write(world.home().join("bootstrap"), handler)?;
    let up = ["up", "--local", "--yes", "--email", ADDRESS, "--handler", "bootstrap", "--output", "json"];
    assert_eq!(counts(&world.run(&up).await?.succeeded()?.result()?), [0, 2, 0, 0, made - 2]);
    let aws = world.aws().await?;
    let bucket = format!("incidentctl-{}-{}", aws.account, aws.region);
    let zips = aws.s3.list_objects_v2().bucket(bucket).send().await?;
    assert!(zips.contents().iter().all(|zip| zip.key().is_some_and(|key| key.starts_with("devops/"))), "{zips:?}");
    Ok(())
}

/// Tags stand at every resource, so thirty of them are most of the template.
#[tokio::test]
async fn a_template_that_no_request_holds_is_taken_from_the_bucket() -> TestResult {
    let world = World::new()?;
    let tags: Vec<String> = (0..30).map(|number| format!("a-tag-of-a-team-{number}: a value of some length")).collect();
    std::fs::write(world.home().join("incidentctl.yaml"), format!("tags: {{{}}}\n", tags.join(", ")))?;
    // A plan leaves nothing behind, whether it is shown by `plan` or refused before `up`.
    let plan = [&PLAN[..], &["--engine", "cloudformation"]].concat();
    world.run(&plan).await?.ended_with(2)?;
    let aws = world.aws().await?;
    assert_eq!(aws.s3.list_buckets().send().await?.buckets().len(), 0);

    world.run(&UP).await?.succeeded()?;
    world.run(&PLAN).await?.succeeded()?;
    let tags = aws.sns.list_tags_for_resource().resource_arn(aws.arn("sns", "devops-alerts")).send().await?;
    assert!(tags.tags().len() >= 30, "{tags:?}");
    world.run(&DOWN).await?.succeeded()?;
    is_empty(&aws).await
}

#[tokio::test]
async fn drift_is_detected_and_repaired() -> TestResult {
    let world = World::new()?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    let before = comparable(snapshot(&aws).await?)?;
    let group = "/aws/lambda/devops-error-generator";
    aws.logs.put_retention_policy().log_group_name(group).retention_in_days(7).send().await?;
    aws.cloudwatch.delete_alarms().alarm_names("devops-handler-errors").send().await?;

    let planned = world.run(&PLAN).await?.ended_with(2)?.json()?;
    let changed = planned["changes"].as_array().into_iter().flatten().filter(|change| change["action"] != "none");
    assert!(changed.clone().all(|change| change["cause"] == "drift"), "{planned}");
    assert_eq!(changed.count(), 2);
    let repaired = world.run(&UP).await?.succeeded()?;
    assert!(repaired.stderr.contains("CloudFormation does not detect"), "{repaired:?}");
    let different = difference(&before, &comparable(snapshot(&aws).await?)?);
    assert!(different.is_empty(), "{}", different.join("\n"));
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn data_outlives_the_stack_on_demand() -> TestResult {
    let world = World::new()?;
    world.run(&UP).await?.succeeded()?;
    let aws = world.aws().await?;
    let kept = world.run(&["down", "--local", "--yes", "--keep-data"]).await?.succeeded()?;
    assert!(kept.stderr.contains("--engine direct"), "{kept:?}");
    assert_eq!(aws.dynamodb.list_tables().send().await?.table_names(), ["devops-incidents"]);
    assert_eq!(aws.logs.describe_log_groups().send().await?.log_groups().len(), 2);
    assert!(aws.lambda.list_functions().send().await?.functions().is_empty());
    assert!(aws.cloudformation.describe_stacks().send().await?.stacks().is_empty());
    world.run(&DOWN).await?.succeeded()?;
    is_empty(&aws).await
}

#[tokio::test]
async fn a_preexisting_log_group_is_not_part_of_the_stack() -> TestResult {
    let world = World::new()?;
    let aws = world.start().await?;
    let name = "/aws/lambda/devops-incident-handler";
    aws.logs.create_log_group().log_group_name(name).send().await?;
    world.run(&UP).await?.succeeded()?;
    world.run(&PLAN).await?.succeeded()?;
    world.run(&DOWN).await?.succeeded()?;
    let groups = aws.logs.describe_log_groups().send().await?;
    let found: Vec<_> =
        groups.log_groups().iter().map(|group| (group.log_group_name(), group.retention_in_days())).collect();
    assert_eq!(found, [(Some(name), None)]);
    Ok(())
}

/// Created, updated, replaced, deleted, unchanged.
fn counts(result: &Value) -> [u64; 5] {
    ["created", "updated", "replaced", "deleted", "unchanged"].map(|name| result[name].as_u64().unwrap_or(u64::MAX))
}

/// The stack's states, in the order reported.
fn statuses(finished: &Finished) -> TestResult<Vec<String>> {
    let events = finished.json_lines()?.into_iter().filter(|line| line["type"] == "stack_changed");
    Ok(events.filter_map(|event| event["status"].as_str().map(str::to_owned)).collect())
}

/// Without CloudFormation's own tags and permission ids, and without what only the direct engine stores, because
/// CloudFormation has the template.
fn comparable(snapshot: Snapshot) -> TestResult<Snapshot> {
    // A tag as member of a map, of a map with optional values, and of a list.
    let tag = r#"(?:Tag \{ key: )?(?:Some\()?"(?:aws:cloudformation:[a-z-]+|incidentctl:made:[A-Za-z0-9]+)"\)?(?:, value)?: (?:Some\()?"[^"]*"\)?(?: \})?(?:, )?"#;
    let (tag, id) = (Regex::new(tag)?, Regex::new("devops-([A-Za-z]+Permission)-[A-Za-z0-9]+")?);
    let clean = |text: &str| id.replace_all(&tag.replace_all(text, ""), "$1").replace(", }", "}").replace(", ]", "]");
    Ok(snapshot.iter().map(|(key, value)| (clean(key), clean(value))).collect())
}

/// Each local AWS has a different port.
fn without_port(outputs: &Value) -> String {
    let text = outputs.to_string();
    text.split("http://127.0.0.1:").map(|part| part.trim_start_matches(|digit: char| digit.is_ascii_digit())).collect()
}

/// No resource, no stack, no bucket.
async fn is_empty(aws: &Aws) -> TestResult {
    let left = snapshot(aws).await?;
    assert!(left.is_empty(), "{left:?}");
    let stacks = aws.cloudformation.describe_stacks().send().await?;
    assert!(stacks.stacks().is_empty(), "{stacks:?}");
    let buckets = aws.s3.list_buckets().send().await?;
    assert!(buckets.buckets().is_empty(), "{buckets:?}");
    Ok(())
}
