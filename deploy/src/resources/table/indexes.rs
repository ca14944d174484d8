//! Indexes of an existing table. AWS creates or deletes one at a time.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, TableDescription, TableStatus,
};
use serde_json::Value;

use super::{ABSENT, describe, former, input};
use crate::aws::wait::{retry, until};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, PropertyChange};
use crate::resources::values::incomplete;
use crate::resources::{Context, Values};

const CALL: &str = "dynamodb:UpdateTable";
/// An index over many incidents takes its time.
const LIMIT: Duration = Duration::from_secs(3600);

/// Deletes changed and unwanted indexes, then creates changed and missing ones. Those of former versions stay until the
/// incidents that only they show are moved: see [`Former`](super::Former).
pub(super) async fn update(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    let touched: BTreeSet<String> = change.properties.iter().filter_map(index_of).collect();
    let touched: BTreeSet<String> = touched.into_iter().filter(|name| !former::is_former(name)).collect();
    let table = &change.desired.attributes.reference;
    let exists = |name: &&String| names(change.observed.as_ref().map(|observed| &observed.properties)).contains(*name);
    for name in touched.iter().filter(exists) {
        remove(context, table, name).await?;
    }
    let wanted = change.desired.properties.list("GlobalSecondaryIndexes").iter();
    for index in wanted.filter(|index| touched.contains(&index.text("IndexName"))) {
        make(context, change, index).await?;
    }
    Ok(())
}

/// The index in `GlobalSecondaryIndexes[by-status].KeySchema`.
fn index_of(property: &PropertyChange) -> Option<String> {
    let rest = property.path.strip_prefix("GlobalSecondaryIndexes[")?;
    rest.split_once(']').map(|(name, _)| name.to_owned())
}

fn names(properties: Option<&Value>) -> Vec<String> {
    let indexes = properties.map(|properties| properties.list("GlobalSecondaryIndexes")).unwrap_or_default();
    indexes.iter().map(|index| index.text("IndexName")).collect()
}

/// Deletes an index and waits until it is gone.
pub(super) async fn remove(context: &Context<'_>, table: &str, name: &str) -> Result<(), AwsError> {
    let found = describe(context, table).await?;
    let status = found.as_ref().and_then(|found| index_status(found, name));
    if status.is_none() {
        return Ok(());
    }
    // An interrupted run may have requested it.
    if status != Some(&IndexStatus::Deleting) {
        let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(name).build().map_err(incomplete(CALL))?;
        let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
        send(context, table, update, Vec::new()).await?;
    }
    wait(context, table, "the index to be deleted", |table| index_status(table, name).is_none()).await
}

async fn make(context: &Context<'_>, change: &Change, index: &Value) -> Result<(), AwsError> {
    let name = index.text("IndexName");
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(&name)
        .set_key_schema(Some(input::key_schema(index)?))
        .projection(input::projection(index))
        .build()
        .map_err(incomplete(CALL))?;
    let update = GlobalSecondaryIndexUpdate::builder().create(create).build();
    let table_name = &change.desired.attributes.reference;
    let table = describe(context, table_name).await?;
    // On a retry it may exist: an outdated index was deleted before.
    if table.as_ref().is_none_or(|table| index_status(table, &name).is_none()) {
        let definitions = definitions(table.as_ref(), &change.desired.properties, index)?;
        send(context, table_name, update, definitions).await?;
    }
    let is_filled = |table: &TableDescription| index_status(table, &name) == Some(&IndexStatus::Active);
    wait(context, table_name, "the index to be filled", is_filled).await
}

/// Exactly the key attributes, including this index's: AWS rejects any others.
fn definitions(
    table: Option<&TableDescription>,
    desired: &Value,
    index: &Value,
) -> Result<Vec<AttributeDefinition>, AwsError> {
    let existing = table.map(TableDescription::global_secondary_indexes).unwrap_or_default();
    let mut keys: Vec<KeySchemaElement> = table.map(TableDescription::key_schema).unwrap_or_default().to_vec();
    keys.extend(existing.iter().flat_map(|index| index.key_schema().to_vec()));
    keys.extend(input::key_schema(index)?);
    let mut definitions = input::attributes(desired)?;
    for known in table.map(TableDescription::attribute_definitions).unwrap_or_default() {
        if definitions.iter().all(|definition| definition.attribute_name() != known.attribute_name()) {
            definitions.push(known.clone());
        }
    }
    definitions.retain(|definition| keys.iter().any(|key| key.attribute_name() == definition.attribute_name()));
    Ok(definitions)
}

async fn send(
    context: &Context<'_>,
    table: &str,
    update: GlobalSecondaryIndexUpdate,
    definitions: Vec<AttributeDefinition>,
) -> Result<(), AwsError> {
    let call = context.clients.dynamodb.update_table().table_name(table).global_secondary_index_updates(update);
    let call = call.set_attribute_definitions(Some(definitions).filter(|definitions| !definitions.is_empty()));
    retry(&context.progress, || async {
        // Absent: an interrupted run already deleted it.
        call.clone().send().await.explain(CALL).or_absent(ABSENT)
    })
    .await
    .map(|_| ())
}

async fn wait(
    context: &Context<'_>,
    table: &str,
    what: &str,
    reached: impl Fn(&TableDescription) -> bool,
) -> Result<(), AwsError> {
    until(&context.progress, what, LIMIT, || async {
        let table = describe(context, table).await?;
        let ready = |table: &TableDescription| table.table_status() == Some(&TableStatus::Active) && reached(table);
        Ok(table.filter(ready).map(|_| ()))
    })
    .await
}

fn index_status<'a>(table: &'a TableDescription, name: &str) -> Option<&'a IndexStatus> {
    let mut indexes = table.global_secondary_indexes().iter();
    indexes.find(|index| index.index_name() == Some(name))?.index_status()
}
