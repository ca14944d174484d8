//! Manual changes in AWS: the stack's own settings are restored, others stay.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    TableStatus, Tag,
};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use super::UP;
use crate::harness::{Aws, TestResult, World, eventually};

const ROLE: &str = "devops-incident-handler-";
const FUNCTION: &str = "devops-incident-handler";
const PLAN: [&str; 7] =
    ["plan", "--local", "--email", crate::harness::ADDRESS, "--detailed-exitcode", "--output", "json"];

#[tokio::test]
async fn a_recreated_role_is_detected_and_reassigned() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    world.run(&PLAN).await?.succeeded()?;
    recreate_role(&aws).await?;
    let refused = aws.lambda.invoke().function_name(FUNCTION).payload(Blob::new("{}")).send().await;
    let refused = refused.err().and_then(|error| error.into_service_error().meta().code().map(str::to_owned));
    assert_eq!(refused.as_deref(), Some("KMSAccessDeniedException"));

    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let handler = changes.iter().find(|change| change["logical_id"] == "IncidentHandler").ok_or("no repair")?;
    assert_eq!((&handler["action"], &handler["cause"]), (&"update".into(), &"drift".into()), "{handler}");
    assert_eq!(handler["properties"][0]["path"], "Role (re-created)", "{handler}");
    let repaired = world.run(&UP).await?.succeeded()?;
    assert!(repaired.stderr.contains("self-check"), "{repaired:?}");
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_missing_role_is_recreated_and_reassigned() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let name = format!("{ROLE}{}", aws.region);
    aws.iam.delete_role_policy().role_name(&name).policy_name("incident-handler").send().await?;
    aws.iam.delete_role().role_name(&name).send().await?;
    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let actions: Vec<_> =
        changes.iter().map(|change| (&change["logical_id"], &change["action"], &change["cause"])).collect();
    assert_eq!(json!(actions), json!([["HandlerRole", "create", "drift"], ["IncidentHandler", "update", "drift"]]),);
    let repaired = world.run(&UP).await?.succeeded()?;
    assert!(repaired.stderr.contains("self-check"), "{repaired:?}");
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_removed_index_is_restored() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("due").build()?;
    let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    aws.dynamodb.update_table().table_name("devops-incidents").global_secondary_index_updates(update).send().await?;
    eventually("the index to be gone", async || Ok((indexes(&aws).await?.len() == 1).then_some(()))).await?;

    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!((&changes[0]["action"], &changes[0]["cause"]), (&"update".into(), &"drift".into()));
    assert!(changes[0].get("data_loss").is_none(), "{changes:?}");
    world.run(&UP).await?.succeeded()?;
    assert_eq!(indexes(&aws).await?, ["by-month", "due"]);
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn an_index_that_includes_other_attributes_is_made_anew() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let table = || aws.dynamodb.update_table().table_name("devops-incidents");
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("due").build()?;
    table().global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().delete(delete).build()).send().await?;
    eventually("the index to be gone", async || Ok((indexes(&aws).await?.len() == 1).then_some(()))).await?;
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let projection = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("status");
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name("due")
        .key_schema(key("due_queue", KeyType::Hash)?)
        .key_schema(key("due_at", KeyType::Range)?)
        .projection(projection.build())
        .build()?;
    let create = GlobalSecondaryIndexUpdate::builder().create(create).build();
    let defined = |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let call = table().attribute_definitions(defined("due_queue", ScalarAttributeType::S)?);
    let call = call.attribute_definitions(defined("due_at", ScalarAttributeType::N)?);
    call.global_secondary_index_updates(create).send().await?;
    eventually("the index", async || Ok((indexes(&aws).await?.len() == 2).then_some(()))).await?;

    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let path = &changes[0]["properties"][0]["path"];
    assert_eq!((changes.len(), path), (1, &"GlobalSecondaryIndexes[due].Projection.NonKeyAttributes".into()));
    world.run(&UP).await?.succeeded()?;
    let table = aws.dynamodb.describe_table().table_name("devops-incidents").send().await?.table.ok_or("no table")?;
    let due = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some("due"));
    let included = due.and_then(|index| index.projection()).ok_or("no projection")?.non_key_attributes();
    assert_eq!(included, ["status", "silenced_by"]);
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn a_table_with_a_different_key_is_replaced_with_consent_to_data_loss() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    table_with_another_key(&aws).await?;
    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let table = changes.iter().find(|change| change["logical_id"] == "IncidentTable").ok_or("no table")?;
    assert_eq!((&table["action"], &table["data_loss"]), (&"replace".into(), &true.into()), "{table}");
    assert_eq!(table["cause"], "replacement because KeySchema changed");
    let refused = world.run(&UP).await?.ended_with(1)?;
    assert!(refused.stderr.contains("devops-incidents") && refused.stderr.contains("--allow-data-loss"), "{refused:?}");
    let up = ["up", "--local", "--yes", "--email", crate::harness::ADDRESS, "--allow-data-loss", "--output", "json"];
    let result = world.run(&up).await?.succeeded()?.result()?;
    assert_eq!((&result["created"], &result["replaced"]), (&0.into(), &1.into()), "{result}");
    assert_eq!(indexes(&aws).await?, ["by-month", "due"]);
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn additions_by_others_are_kept() -> TestResult {
    let world = World::new()?;
    std::fs::write(world.home().join("incidentctl.yaml"), "tags: {team: x, cost: y}\n")?;
    let aws = world.up().await?;
    let rule = "devops-alarm-changes";
    let target = Target::builder().id("theirs").arn(aws.arn("sns", "devops-alerts")).build()?;
    aws.events.put_targets().rule(rule).targets(target).send().await?;
    let topic = aws.arn("sns", "devops-alerts");
    let tag = aws_sdk_sns::types::Tag::builder().key("theirs").value("z").build()?;
    aws.sns.tag_resource().resource_arn(&topic).tags(tag).send().await?;
    world.run(&PLAN).await?.succeeded()?;

    // One of our tags leaves the template, and our target has drifted.
    std::fs::write(world.home().join("incidentctl.yaml"), "tags: {team: x}\n")?;
    let ours = aws.events.list_targets_by_rule().rule(rule).send().await?.targets.unwrap_or_default();
    let mut ours = ours.into_iter().find(|target| target.id() == "incident-handler").ok_or("no target")?;
    ours.retry_policy = None;
    aws.events.put_targets().rule(rule).targets(ours).send().await?;
    let changes = changes(&world.run(&PLAN).await?.ended_with(2)?.json()?)?;
    let properties = changes.iter().filter_map(|change| change["properties"].as_array()).flatten();
    let paths: Vec<&str> = properties.filter_map(|property| property["path"].as_str()).collect();
    assert!(paths.contains(&"Targets[incident-handler].RetryPolicy") && paths.contains(&"Tags[cost]"), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("theirs")), "{paths:?}");
    world.run(&UP).await?.succeeded()?;

    let targets = aws.events.list_targets_by_rule().rule(rule).send().await?;
    assert_eq!(targets.targets().len(), 2, "{targets:?}");
    assert!(targets.targets().iter().any(|target| target.retry_policy().is_some()), "{targets:?}");
    let tags = aws.sns.list_tags_for_resource().resource_arn(&topic).send().await?;
    let mut keys: Vec<&str> = tags.tags().iter().map(|tag| tag.key()).filter(|key| !key.contains(':')).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["team", "theirs"]);
    world.run(&PLAN).await?.succeeded()?;
    Ok(())
}

/// The changes of a plan, without no-ops.
pub(super) fn changes(plan: &Value) -> TestResult<Vec<Value>> {
    let changes = plan["changes"].as_array().ok_or("no changes")?;
    Ok(changes.iter().filter(|change| change["action"] != json!("none")).cloned().collect())
}

/// A table with the stack's name and tag, but a different key.
async fn table_with_another_key(aws: &Aws) -> TestResult {
    let name = "devops-incidents";
    aws.dynamodb.delete_table().table_name(name).send().await?;
    let gone = async || Ok(aws.dynamodb.describe_table().table_name(name).send().await.is_err().then_some(()));
    eventually("the table to be gone", gone).await?;
    let attribute = AttributeDefinition::builder().attribute_name("other").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("other").key_type(KeyType::Hash).build()?;
    let tag = Tag::builder().key("incidentctl:stack").value("devops").build()?;
    let call = aws.dynamodb.create_table().table_name(name).attribute_definitions(attribute.build()?);
    call.key_schema(key).tags(tag).billing_mode(BillingMode::PayPerRequest).send().await?;
    Ok(())
}

/// The same role by all appearances, with a different unique id.
async fn recreate_role(aws: &Aws) -> TestResult {
    let name = format!("{ROLE}{}", aws.region);
    let role = aws.iam.get_role().role_name(&name).send().await?.role.ok_or("no role")?;
    let policy = aws.iam.get_role_policy().role_name(&name).policy_name("incident-handler").send().await?;
    aws.iam.delete_role_policy().role_name(&name).policy_name("incident-handler").send().await?;
    aws.iam.delete_role().role_name(&name).send().await?;
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let trust = plain(role.assume_role_policy_document().ok_or("no trust")?);
    let call = aws.iam.create_role().role_name(&name).assume_role_policy_document(trust);
    call.set_description(role.description.clone()).set_tags(role.tags.clone()).send().await?;
    let call = aws.iam.put_role_policy().role_name(&name).policy_name("incident-handler");
    call.policy_document(plain(policy.policy_document())).send().await?;
    Ok(())
}

/// The table's indexes, sorted; none while it changes.
async fn indexes(aws: &Aws) -> TestResult<Vec<String>> {
    let table = aws.dynamodb.describe_table().table_name("devops-incidents").send().await?.table.ok_or("no table")?;
    if table.table_status() != Some(&TableStatus::Active) {
        return Ok(Vec::new());
    }
    let names = table.global_secondary_indexes().iter().filter_map(|index| Some(index.index_name()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}
