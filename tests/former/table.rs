//! Puts a table into the state that the former version left.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, PutRequest, ScalarAttributeType,
    TableStatus, WriteRequest,
};
use serde_json::Value;

use crate::harness::{ADDRESS, Aws, TestResult, World, eventually};

pub(super) const TABLE: &str = "devops-incidents";
pub(super) const FORMER: [&str; 3] = ["by-created", "by-due", "by-status"];
pub(super) const LIST: [&str; 6] = ["incidents", "list", "--local", "--all", "--output", "json"];
pub(super) const UP: [&str; 5] = ["up", "--local", "--yes", "--email", ADDRESS];

/// A stack with the former version's table and its items.
pub(super) async fn former(world: &World) -> TestResult<Aws> {
    let aws = world.up().await?;
    // What it does to the items is not the subject.
    aws.events.disable_rule().name("devops-sweep").send().await?;
    for index in ["by-month", "due"] {
        delete(&aws, index).await?;
    }
    create(&aws, "by-created", ["record_type", "created_at"]).await?;
    create(&aws, "by-status", ["status", "last_seen_at"]).await?;
    create(&aws, "by-due", ["record_type", "due_at"]).await?;
    put_items(&aws).await?;
    Ok(aws)
}

/// The former version's items.
pub(super) fn items() -> TestResult<Vec<HashMap<String, AttributeValue>>> {
    let items: Vec<serde_dynamo::Item> = serde_json::from_str(include_str!("items.json"))?;
    Ok(items.into_iter().map(Into::into).collect())
}

/// Writes the former version's items.
pub(super) async fn put_items(aws: &Aws) -> TestResult {
    for chunk in items()?.chunks(25) {
        let request = |item: &HashMap<String, AttributeValue>| -> TestResult<WriteRequest> {
            Ok(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item.clone())).build()?).build())
        };
        let requests = chunk.iter().map(request).collect::<TestResult<Vec<_>>>()?;
        aws.dynamodb.batch_write_item().request_items(TABLE, requests).send().await?;
    }
    Ok(())
}

/// All items of the table, by key.
pub(super) async fn stored(aws: &Aws) -> TestResult<HashMap<String, Value>> {
    let scan = aws.dynamodb.scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
    let items: Vec<_> = scan.collect::<Result<Vec<_>, _>>().await?;
    let keyed = |item: HashMap<String, AttributeValue>| -> TestResult<(String, Value)> {
        let value: Value = serde_dynamo::from_item(item)?;
        Ok((value["incident_id"].as_str().ok_or("no key")?.to_owned(), value))
    };
    items.into_iter().map(keyed).collect()
}

pub(super) fn is_head(id: &str) -> bool {
    id.starts_with("inc-") && !id.contains('#')
}

/// The names of the table's indexes, sorted.
pub(super) async fn indexes(aws: &Aws) -> TestResult<Vec<String>> {
    let table = aws.dynamodb.describe_table().table_name(TABLE).send().await?.table.ok_or("no table")?;
    let names = table.global_secondary_indexes().iter().filter_map(|index| Some(index.index_name()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

pub(super) async fn delete(aws: &Aws, index: &str) -> TestResult {
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(index).build()?;
    update(aws, GlobalSecondaryIndexUpdate::builder().delete(delete).build(), &[]).await
}

async fn create(aws: &Aws, index: &str, keys: [&str; 2]) -> TestResult {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(index)
        .key_schema(key(keys[0], KeyType::Hash)?)
        .key_schema(key(keys[1], KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()?;
    update(aws, GlobalSecondaryIndexUpdate::builder().create(create).build(), &keys).await
}

async fn update(aws: &Aws, update: GlobalSecondaryIndexUpdate, keys: &[&str]) -> TestResult {
    let mut call = aws.dynamodb.update_table().table_name(TABLE).global_secondary_index_updates(update);
    for key in keys {
        let kind = if *key == "due_at" { ScalarAttributeType::N } else { ScalarAttributeType::S };
        let definition = AttributeDefinition::builder().attribute_name(*key).attribute_type(kind).build()?;
        call = call.attribute_definitions(definition);
    }
    call.send().await?;
    eventually("the table to be active", async || {
        let table = aws.dynamodb.describe_table().table_name(TABLE).send().await?.table.ok_or("no table")?;
        let is_ready = |status: Option<&str>| status == Some("ACTIVE");
        let mut indexes = table.global_secondary_indexes().iter();
        let ready = table.table_status() == Some(&TableStatus::Active)
            && indexes.all(|index| is_ready(index.index_status().map(|status| status.as_str())));
        Ok(ready.then_some(()))
    })
    .await
}
