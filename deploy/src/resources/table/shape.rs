//! Converts DynamoDB's responses to CloudFormation's shape.

use aws_sdk_dynamodb::types::{
    BillingMode, ContinuousBackupsDescription, GlobalSecondaryIndexDescription, KeySchemaElement,
    PointInTimeRecoveryStatus, Projection, SseDescription, SseStatus, TableDescription, TimeToLiveDescription,
    TimeToLiveStatus,
};
use serde_json::{Value, json};

use crate::resources::values::tag_list;

pub(super) fn properties<'a>(
    table: &TableDescription,
    expiry: Option<&TimeToLiveDescription>,
    backups: Option<&ContinuousBackupsDescription>,
    tags: impl Iterator<Item = (&'a str, &'a str)>,
) -> Value {
    let attribute = |definition: &aws_sdk_dynamodb::types::AttributeDefinition| json!({"AttributeName": definition.attribute_name(), "AttributeType": definition.attribute_type().as_str()});
    json!({
        "TableName": table.table_name(),
        "BillingMode": billing(table),
        "AttributeDefinitions": table.attribute_definitions().iter().map(attribute).collect::<Value>(),
        "KeySchema": key_schema(table.key_schema()),
        "GlobalSecondaryIndexes": table.global_secondary_indexes().iter().map(index).collect::<Value>(),
        "TimeToLiveSpecification": expiry_of(expiry),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": has_backups(backups)},
        "SSESpecification": encryption(table.sse_description()),
        "DeletionProtectionEnabled": table.deletion_protection_enabled().unwrap_or(false),
        "Tags": tag_list(tags),
    })
}

/// A table that was provisioned from the start has no summary.
fn billing(table: &TableDescription) -> &str {
    let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    mode.unwrap_or(&BillingMode::Provisioned).as_str()
}

fn key_schema(keys: &[KeySchemaElement]) -> Value {
    keys.iter().map(|key| json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()})).collect()
}

fn index(index: &GlobalSecondaryIndexDescription) -> Value {
    json!({
        "IndexName": index.index_name(),
        "KeySchema": key_schema(index.key_schema()),
        "Projection": index.projection().map(projection),
    })
}

/// Only with the attributes that an index includes beside its keys, if it names any.
fn projection(projection: &Projection) -> Value {
    let mut shape = json!({"ProjectionType": projection.projection_type().map(|kind| kind.as_str())});
    if !projection.non_key_attributes().is_empty() {
        shape["NonKeyAttributes"] = projection.non_key_attributes().into();
    }
    shape
}

pub(super) fn expiry_of(description: Option<&TimeToLiveDescription>) -> Value {
    let status = description.and_then(|description| description.time_to_live_status());
    let enabled = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    json!({"AttributeName": description.and_then(|description| description.attribute_name()), "Enabled": enabled})
}

fn has_backups(description: Option<&ContinuousBackupsDescription>) -> bool {
    let recovery = description.and_then(|description| description.point_in_time_recovery_description());
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status());
    status == Some(&PointInTimeRecoveryStatus::Enabled)
}

/// Without a description the table uses a key owned by DynamoDB, which CloudFormation calls disabled.
fn encryption(description: Option<&SseDescription>) -> Value {
    let Some(description) = description else { return json!({"SSEEnabled": false}) };
    let enabled = matches!(description.status(), Some(SseStatus::Enabled | SseStatus::Enabling | SseStatus::Updating));
    json!({
        "SSEEnabled": enabled,
        "SSEType": description.sse_type().map(|kind| kind.as_str()),
        "KMSMasterKeyId": description.kms_master_key_arn(),
    })
}
