//! `AWS::DynamoDB::Table`.

mod former;
mod indexes;
mod input;
mod shape;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{BillingMode, SseSpecification, TableDescription, TableStatus};
use serde_json::{Value, json};

use super::taken::take_up;
use super::{Context, DeleteBlocker, Provider, Values};
use crate::aws::wait::{retry, until};
use crate::aws::{Absent, AwsError, Explain};
use crate::plan::{Change, Observed, Ownership};
use crate::template::{Attributes, Desired, Place};

pub use former::Former;

pub(super) struct Table;

const ABSENT: &str = "ResourceNotFoundException";
/// Far more than an empty table takes.
const LIMIT: Duration = Duration::from_secs(600);

#[async_trait]
impl Provider for Table {
    fn properties(&self) -> &'static [&'static str] {
        &[
            "TableName",
            "BillingMode",
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "TimeToLiveSpecification",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "DeletionProtectionEnabled",
            "Tags",
        ]
    }

    fn immutable(&self) -> &'static [&'static str] {
        &["TableName", "KeySchema"]
    }

    fn former(&self) -> &'static [&'static str] {
        &former::PATHS
    }

    /// Changing a key attribute's type changes the key.
    fn replacement(&self, change: &Change) -> Option<String> {
        let of_key = change
            .desired
            .properties
            .list("KeySchema")
            .iter()
            .map(|key| format!("AttributeDefinitions[{}].AttributeType", key.text("AttributeName")));
        let property = self.immutable().iter().map(|name| (*name).to_owned()).chain(of_key);
        property.into_iter().find(|path| change.touches(path)).map(|path| match path.split_once('[') {
            Some((name, _)) => name.to_owned(),
            None => path,
        })
    }

    fn attributes(&self, properties: &Value, place: &Place) -> Attributes {
        let name = properties.text("TableName");
        let arn = place.arn("dynamodb", &format!("table/{name}"));
        Attributes { reference: name, attributes: BTreeMap::from([("Arn", arn)]) }
    }

    async fn read(&self, context: &Context<'_>, desired: &Desired) -> Result<Option<Observed>, AwsError> {
        let dynamodb = &context.clients.dynamodb;
        let name = &desired.attributes.reference;
        let table = describe(context, name);
        let tags = async {
            let arn = context.place.arn("dynamodb", &format!("table/{name}"));
            let call = dynamodb.list_tags_of_resource().resource_arn(arn);
            call.send().await.explain("dynamodb:ListTagsOfResource").or_absent(ABSENT)
        };
        let expiry = async {
            let call = dynamodb.describe_time_to_live().table_name(name);
            call.send().await.explain("dynamodb:DescribeTimeToLive").or_absent(ABSENT)
        };
        let backups = async {
            let call = dynamodb.describe_continuous_backups().table_name(name);
            let result = call.send().await.explain("dynamodb:DescribeContinuousBackups");
            Ok(result.or_absent("TableNotFoundException").or_absent(ABSENT)?.flatten())
        };
        let (table, tags, expiry, backups) = tokio::join!(table, tags, expiry, backups);
        // First: the other calls' errors about an absent table, AccessDenied included, mean nothing.
        let Some(table) = table? else { return Ok(None) };
        let (tags, expiry, backups) = (tags?, expiry?, backups?);
        let tags = tags.and_then(|output| output.tags).unwrap_or_default();
        let tags = || tags.iter().map(|tag| (tag.key(), tag.value()));
        let expiry = expiry.and_then(|output| output.time_to_live_description);
        let backups = backups.and_then(|output| output.continuous_backups_description);
        // A deletion may remove the tags before the table.
        let ownership = match is_going(&table) {
            true => Ownership::Deleting,
            false => Ownership::by_tags(tags(), &context.place.stack),
        };
        Ok(Some(Observed {
            physical_id: name.clone(),
            properties: shape::properties(&table, expiry.as_ref(), backups.as_ref(), tags()),
            ownership,
        }))
    }

    async fn create(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let properties = &desired.properties;
        let call = context
            .clients
            .dynamodb
            .create_table()
            .table_name(properties.text("TableName"))
            .billing_mode(BillingMode::from(properties.text("BillingMode").as_str()))
            .set_attribute_definitions(Some(input::attributes(properties)?))
            .set_key_schema(Some(input::key_schema(properties)?))
            .set_global_secondary_indexes(input::indexes(properties)?)
            .set_sse_specification(input::encryption(properties))
            .set_deletion_protection_enabled(properties.flag("DeletionProtectionEnabled"))
            .set_tags(Some(input::tags(properties)?));
        let name = &desired.attributes.reference;
        retry(&context.progress, || async {
            let refusal = match call.clone().send().await.explain("dynamodb:CreateTable") {
                // `retry` waits while the table is being deleted; this is the error for an existing table.
                Err(error) if error.is("ResourceInUseException") && error.message.contains("already exists") => error,
                result => return result.map(|_| ()),
            };
            if describe(context, name).await?.is_some_and(|table| is_going(&table)) {
                wait_until_gone(context, name).await?;
                return call.clone().send().await.explain("dynamodb:CreateTable").map(|_| ());
            }
            take_up(self, context, desired, &refusal).await.map(drop)
        })
        .await?;
        wait_until_active(context, name).await?;
        let backups = async {
            match properties.get("PointInTimeRecoverySpecification") {
                Some(_) => put_backups(context, properties).await,
                None => Ok(()),
            }
        };
        tokio::try_join!(put_expiry(context, properties), backups).map(|_| ())
    }

    async fn update(&self, context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
        let dynamodb = &context.clients.dynamodb;
        let properties = &change.desired.properties;
        let name = &change.desired.attributes.reference;
        // An interrupted run may have created it a moment ago.
        wait_until_active(context, name).await?;
        if change.touches("BillingMode") || change.touches("DeletionProtectionEnabled") {
            let call = dynamodb.update_table().table_name(name);
            let call = call
                .billing_mode(BillingMode::from(properties.text("BillingMode").as_str()))
                .set_deletion_protection_enabled(properties.flag("DeletionProtectionEnabled"));
            retry(&context.progress, || async { call.clone().send().await.explain("dynamodb:UpdateTable") }).await?;
            wait_until_active(context, name).await?;
        }
        if change.touches("SSESpecification") {
            // AWS requires a request of its own for a change of the encryption.
            let off = SseSpecification::builder().enabled(false).build();
            let encryption = input::encryption(properties).unwrap_or(off);
            let call = dynamodb.update_table().table_name(name).sse_specification(encryption);
            retry(&context.progress, || async { call.clone().send().await.explain("dynamodb:UpdateTable") }).await?;
            wait_until_active(context, name).await?;
        }
        indexes::update(context, change).await?;
        if change.touches("TimeToLiveSpecification") {
            update_expiry(context, change).await?;
        }
        if change.touches("PointInTimeRecoverySpecification") {
            put_backups(context, properties).await?;
        }
        let gone = change.removed("Tags");
        if !gone.is_empty() {
            let arn = context.place.arn("dynamodb", &format!("table/{name}"));
            let call = dynamodb.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
            call.send().await.explain("dynamodb:UntagResource")?;
        }
        if change.touches("Tags") {
            let arn = context.place.arn("dynamodb", &format!("table/{name}"));
            let call = dynamodb.tag_resource().resource_arn(arn).set_tags(Some(input::tags(properties)?));
            call.send().await.explain("dynamodb:TagResource")?;
        }
        Ok(())
    }

    async fn delete_blockers(&self, _context: &Context<'_>, change: &Change) -> Result<Vec<DeleteBlocker>, AwsError> {
        let observed = change.observed.as_ref();
        let protected = observed.and_then(|observed| observed.properties.flag("DeletionProtectionEnabled"));
        if protected != Some(true) {
            return Ok(Vec::new());
        }
        let what = format!("the table {} is protected from deletion", change.desired.attributes.reference);
        let remedy = "to delete its incidents: set `deletion_protection: false` in incidentctl.yaml and run \
                      `incidentctl up`";
        Ok(vec![DeleteBlocker { what, remedy: remedy.to_owned() }])
    }

    async fn delete(&self, context: &Context<'_>, desired: &Desired) -> Result<(), AwsError> {
        let name = &desired.attributes.reference;
        retry(&context.progress, || async {
            let call = context.clients.dynamodb.delete_table().table_name(name);
            call.send().await.explain("dynamodb:DeleteTable").or_absent(ABSENT)
        })
        .await?;
        wait_until_gone(context, name).await
    }
}

fn is_going(table: &TableDescription) -> bool {
    table.table_status() == Some(&TableStatus::Deleting)
}

async fn wait_until_gone(context: &Context<'_>, name: &str) -> Result<(), AwsError> {
    until(&context.progress, "the table to be deleted", LIMIT, || async {
        Ok(describe(context, name).await?.is_none().then_some(()))
    })
    .await
}

async fn describe(context: &Context<'_>, name: &str) -> Result<Option<TableDescription>, AwsError> {
    let call = context.clients.dynamodb.describe_table().table_name(name);
    let output = call.send().await.explain("dynamodb:DescribeTable").or_absent(ABSENT)?;
    Ok(output.and_then(|output| output.table))
}

/// Waits out the transient states. A table whose KMS key is inaccessible stays in its state; the next call reports why.
async fn wait_until_active(context: &Context<'_>, name: &str) -> Result<(), AwsError> {
    const TRANSIENT: [TableStatus; 3] = [TableStatus::Creating, TableStatus::Updating, TableStatus::Deleting];
    until(&context.progress, "the table to become active", LIMIT, || async {
        let status = describe(context, name).await?.and_then(|table| table.table_status);
        Ok(status.filter(|status| !TRANSIENT.contains(status)).map(|_| ()))
    })
    .await
}

/// Not part of CreateTable. AWS allows one change per hour, so it is only set if it differs.
async fn put_expiry(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    let Some(specification) = input::expiry(properties)? else { return Ok(()) };
    let call = context.clients.dynamodb.update_time_to_live().table_name(properties.text("TableName"));
    let result = call.time_to_live_specification(specification).send().await.explain("dynamodb:UpdateTimeToLive");
    match result {
        // An interrupted run or an earlier attempt already did it.
        Err(error) if error.message.contains("TimeToLive is already") => Ok(()),
        Err(error) if error.message.contains("modified multiple times") => match has_expiry(context, properties).await?
        {
            true => Ok(()),
            false => Err(error),
        },
        result => result.map(|_| ()),
    }
}

/// Whether the table's time to live already matches these properties.
async fn has_expiry(context: &Context<'_>, properties: &Value) -> Result<bool, AwsError> {
    let call = context.clients.dynamodb.describe_time_to_live().table_name(properties.text("TableName"));
    let output = call.send().await.explain("dynamodb:DescribeTimeToLive")?;
    let found = shape::expiry_of(output.time_to_live_description.as_ref());
    let wanted = properties.get("TimeToLiveSpecification").cloned().unwrap_or_default();
    let is_same = |name: &str| found.optional_text(name) == wanted.optional_text(name);
    Ok(is_same("Enabled") && (wanted.flag("Enabled") != Some(true) || is_same("AttributeName")))
}

/// Changing the attribute takes two changes, of which AWS rejects the second for an hour.
async fn update_expiry(context: &Context<'_>, change: &Change) -> Result<(), AwsError> {
    let attribute = |properties: &Value| {
        let specification = properties.get("TimeToLiveSpecification")?;
        Some((specification.optional_text("AttributeName")?, specification.flag("Enabled")?))
    };
    let desired = &change.desired.properties;
    let wanted = attribute(desired);
    let before = change.observed.as_ref().and_then(|observed| attribute(&observed.properties));
    if let Some((before, true)) = before
        && wanted.as_ref().is_none_or(|(wanted, _)| *wanted != before)
    {
        let off = json!({"AttributeName": before, "Enabled": false});
        let off = json!({"TableName": desired.text("TableName"), "TimeToLiveSpecification": off});
        put_expiry(context, &off).await?;
    }
    put_expiry(context, desired).await
}

/// Not part of CreateTable. Disabled unless the template enables them.
async fn put_backups(context: &Context<'_>, properties: &Value) -> Result<(), AwsError> {
    let specification = input::backups(properties)?;
    retry(&context.progress, || async {
        let call = context.clients.dynamodb.update_continuous_backups().table_name(properties.text("TableName"));
        let call = call.point_in_time_recovery_specification(specification.clone());
        call.send().await.explain("dynamodb:UpdateContinuousBackups")
    })
    .await
    .map(|_| ())
}
