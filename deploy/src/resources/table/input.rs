//! Converts properties to the SDK's types.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, Projection,
    ProjectionType, ScalarAttributeType, SseSpecification, SseType, Tag as TableTag, TimeToLiveSpecification,
};
use serde_json::Value;

use crate::aws::AwsError;
use crate::resources::Values;
use crate::resources::values::incomplete;

const CALL: &str = "dynamodb:CreateTable";

pub(super) fn attributes(properties: &Value) -> Result<Vec<AttributeDefinition>, AwsError> {
    let build = |attribute: &Value| {
        let kind = ScalarAttributeType::from(attribute.text("AttributeType").as_str());
        let builder = AttributeDefinition::builder().attribute_name(attribute.text("AttributeName"));
        builder.attribute_type(kind).build().map_err(incomplete(CALL))
    };
    properties.list("AttributeDefinitions").iter().map(build).collect()
}

pub(super) fn key_schema(properties: &Value) -> Result<Vec<KeySchemaElement>, AwsError> {
    let build = |key: &Value| {
        let kind = KeyType::from(key.text("KeyType").as_str());
        let builder = KeySchemaElement::builder().attribute_name(key.text("AttributeName"));
        builder.key_type(kind).build().map_err(incomplete(CALL))
    };
    properties.list("KeySchema").iter().map(build).collect()
}

pub(super) fn projection(index: &Value) -> Projection {
    let Some(projection) = index.get("Projection") else { return Projection::builder().build() };
    let included = projection.texts("NonKeyAttributes");
    Projection::builder()
        .projection_type(ProjectionType::from(projection.text("ProjectionType").as_str()))
        .set_non_key_attributes(Some(included).filter(|included| !included.is_empty()))
        .build()
}

pub(super) fn indexes(properties: &Value) -> Result<Option<Vec<GlobalSecondaryIndex>>, AwsError> {
    let build = |index: &Value| {
        let builder = GlobalSecondaryIndex::builder().index_name(index.text("IndexName"));
        let builder = builder.set_key_schema(Some(key_schema(index)?)).projection(projection(index));
        builder.build().map_err(incomplete(CALL))
    };
    let indexes: Vec<_> = properties.list("GlobalSecondaryIndexes").iter().map(build).collect::<Result<_, _>>()?;
    Ok(Some(indexes).filter(|indexes| !indexes.is_empty()))
}

pub(super) fn encryption(properties: &Value) -> Option<SseSpecification> {
    let specification = properties.get("SSESpecification")?;
    let kind = specification.optional_text("SSEType").map(|kind| SseType::from(kind.as_str()));
    let builder = SseSpecification::builder().set_enabled(specification.flag("SSEEnabled")).set_sse_type(kind);
    Some(builder.set_kms_master_key_id(specification.optional_text("KMSMasterKeyId")).build())
}

pub(super) fn expiry(properties: &Value) -> Result<Option<TimeToLiveSpecification>, AwsError> {
    let Some(specification) = properties.get("TimeToLiveSpecification") else { return Ok(None) };
    let builder = TimeToLiveSpecification::builder().attribute_name(specification.text("AttributeName"));
    let builder = builder.set_enabled(specification.flag("Enabled"));
    builder.build().map(Some).map_err(incomplete("dynamodb:UpdateTimeToLive"))
}

pub(super) fn backups(properties: &Value) -> Result<PointInTimeRecoverySpecification, AwsError> {
    let specification = properties.get("PointInTimeRecoverySpecification");
    let enabled = specification.and_then(|specification| specification.flag("PointInTimeRecoveryEnabled"));
    let builder = PointInTimeRecoverySpecification::builder();
    let builder = builder.point_in_time_recovery_enabled(enabled.unwrap_or(false));
    builder.build().map_err(incomplete("dynamodb:UpdateContinuousBackups"))
}

pub(super) fn tags(properties: &Value) -> Result<Vec<TableTag>, AwsError> {
    let tags = properties.tags().into_iter();
    tags.map(|tag| TableTag::builder().key(tag.key).value(tag.value).build().map_err(incomplete(CALL))).collect()
}
